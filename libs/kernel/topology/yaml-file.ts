import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';

/** A value in the file. An absent one has the line where it would stand. */
export interface Value {
  readonly node: Node | null;
  readonly line: number;
}

/** A YAML file, and what is wrong in it. */
export class YamlFile {
  private readonly lines = new LineCounter();
  private readonly document: Document;
  private readonly mistakes: { line: number; problem: string }[] = [];

  constructor(
    readonly name: string,
    private readonly source: string,
  ) {
    const options = { lineCounter: this.lines, prettyErrors: false, uniqueKeys: false } as const;
    this.document = parseDocument(source, options);
    for (const { pos, message } of [...this.document.errors, ...this.document.warnings])
      this.wrong(this.lines.linePos(pos[0]).line, `this is no YAML: ${message.split(/[;\n]/)[0]}`);
    visit(this.document, {
      Alias: (_, alias) => {
        if (!alias.resolve(this.document))
          this.wrong(this.lineOf(alias) ?? 1, `nothing is called &${alias.source} before *${alias.source}`);
      },
    });
  }

  get root(): Value {
    return this.at(this.document.contents as Node | null, 1);
  }

  /** Everything that is wrong, by line. */
  get problems(): string[] {
    return this.mistakes
      .toSorted((one, other) => one.line - other.line)
      .map(({ line, problem }) => `${this.name}:${line}: ${problem}`);
  }

  wrong(line: number, problem: string): void {
    this.mistakes.push({ line, problem });
  }

  /** The entries of a mapping, each with its key's line; undefined where it is none. A key that comes twice is wrong. */
  entries({ node }: Value): Map<string, Value> | undefined {
    if (!isMap(node)) return undefined;
    const entries = new Map<string, Value>();
    for (const { key, value } of node.items) {
      const name = this.text({ node: key as Node, line: 0 });
      const line = this.lineOf(key as Node) ?? 1;
      const first = entries.get(name);
      if (first) this.wrong(line, `"${name}" stands on line ${first.line} already: remove one of the two`);
      else entries.set(name, { node: this.resolved(value as Node | null), line });
    }
    return entries;
  }

  /** The items of a list; undefined where it is none. */
  items({ node, line }: Value): Value[] | undefined {
    return isSeq(node) ? node.items.map((item) => this.at(item as Node | null, line)) : undefined;
  }

  /** A text, number, truth value or null; undefined for a mapping or a list. */
  scalar({ node }: Value): unknown {
    if (node === null) return null;
    return isScalar(node) ? node.value : undefined;
  }

  /** What a text says; anything else as it is written. */
  text(value: Value): string {
    const text = this.scalar(value);
    return typeof text === 'string' ? text : this.written(value);
  }

  /** The value as it stands in the file: its first line. */
  written({ node }: Value): string {
    const [from, to] = node?.range ?? [0, 0];
    const [first = '', ...more] = this.source.slice(from, to).trim().split('\n');
    return more.length > 0 ? `${first} …` : first || 'nothing';
  }

  private at(node: Node | null, line: number): Value {
    return { node: this.resolved(node), line: this.lineOf(node) ?? line };
  }

  private lineOf(node: Node | null): number | undefined {
    return node?.range ? this.lines.linePos(node.range[0]).line : undefined;
  }

  private resolved(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.document) ?? null) : node;
  }
}
