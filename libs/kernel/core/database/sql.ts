import { createHash } from 'node:crypto';

/** A statement with its values apart: nothing is ever spliced into its text. Made by the tag `sql`. */
export class Sql {
  constructor(
    readonly text: string,
    readonly values: unknown[],
    /** The name under which PostgreSQL keeps the prepared statement; undefined: planned anew each time. */
    readonly name: string | undefined,
  ) {}

  /** A statement by its text, without values. */
  static of(text: string): Sql {
    return new Sql(text, [], nameOf(text));
  }
}

const compiled = new WeakMap<TemplateStringsArray, { text: string; name: string }>();
const names = new Map<string, string>();

/**
 * ``sql`select … where id = ${id}` ``: values become parameters, nested `sql` pieces become part of the text.
 * Statements are prepared once a connection (named by their text).
 */
export function sql(strings: TemplateStringsArray, ...values: unknown[]): Sql {
  if (values.some((value) => value instanceof Sql)) return composed(strings, values);
  let statement = compiled.get(strings);
  if (!statement) {
    const text = strings.reduce((all, piece, index) => `${all}$${index}${piece}`);
    statement = { text, name: nameOf(text) };
    compiled.set(strings, statement);
  }
  return new Sql(statement.text, values, statement.name);
}

interface Composition {
  /** The texts of its pieces; undefined, where a value stands. */
  readonly pieces: readonly (string | undefined)[];
  readonly text: string;
  readonly name: string;
}
const compositions = new WeakMap<TemplateStringsArray, Composition[]>();

function composed(strings: TemplateStringsArray, parts: readonly unknown[]): Sql {
  const pieces: (string | undefined)[] = [];
  const values: unknown[] = [];
  for (const part of parts) {
    if (part instanceof Sql) {
      pieces.push(part.text);
      values.push(...part.values);
    } else {
      pieces.push(undefined);
      values.push(part);
    }
  }
  const made = compositions.get(strings) ?? [];
  let statement = made.find((former) => former.pieces.every((piece, at) => piece === pieces[at]));
  if (!statement) {
    const text = textOf(strings, parts);
    statement = { pieces, text, name: nameOf(text) };
    compositions.set(strings, [...made, statement]);
  }
  return new Sql(statement.text, values, statement.name);
}

function textOf(strings: TemplateStringsArray, parts: readonly unknown[]): string {
  let count = 0;
  return parts.reduce<string>((text, part, index) => {
    const offset = count;
    count += part instanceof Sql ? part.values.length : 1;
    const piece = part instanceof Sql ? renumbered(part.text, offset) : `$${count}`;
    return text + piece + (strings[index + 1] ?? '');
  }, strings[0] ?? '');
}

/** The text with its places `$1`, `$2` … behind `offset` others. */
export const renumbered = (text: string, offset: number): string =>
  text.replaceAll(/\$(\d+)/g, (_, place: string) => `$${Number(place) + offset}`);

function nameOf(text: string): string {
  let name = names.get(text);
  if (!name) {
    name = createHash('sha1').update(text).digest('hex').slice(0, 16);
    names.set(text, name);
  }
  return name;
}
