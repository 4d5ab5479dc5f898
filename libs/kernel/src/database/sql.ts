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

function composed(strings: TemplateStringsArray, parts: unknown[]): Sql {
  const values: unknown[] = [];
  let text = strings[0] ?? '';
  parts.forEach((part, index) => {
    if (part instanceof Sql) {
      const offset = values.length;
      text += part.text.replaceAll(/\$(\d+)/g, (_, number: string) => `$${Number(number) + offset}`);
      values.push(...part.values);
    } else {
      values.push(part);
      text += `$${values.length}`;
    }
    text += strings[index + 1] ?? '';
  });
  return new Sql(text, values, nameOf(text));
}

function nameOf(text: string): string {
  let name = names.get(text);
  if (!name) {
    name = createHash('sha1').update(text).digest('hex').slice(0, 16);
    names.set(text, name);
  }
  return name;
}
