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

const compositions = new WeakMap<TemplateStringsArray, Map<string, { text: string; name: string }>>();

function composed(strings: TemplateStringsArray, parts: unknown[]): Sql {
  const values = parts.flatMap((part) => (part instanceof Sql ? part.values : [part]));
  const made = compositions.get(strings) ?? new Map<string, { text: string; name: string }>();
  compositions.set(strings, made);
  const key = parts.map((part) => (part instanceof Sql ? part.text : '')).join('\0');
  let statement = made.get(key);
  if (!statement) {
    const text = textOf(strings, parts);
    statement = { text, name: nameOf(text) };
    made.set(key, statement);
  }
  return new Sql(statement.text, values, statement.name);
}

function textOf(strings: TemplateStringsArray, parts: unknown[]): string {
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
