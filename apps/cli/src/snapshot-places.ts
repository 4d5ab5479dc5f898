import type { Schema } from './schema-changes.js';

/** The way to a value within a document: names of fields and indexes. */
export type Place = readonly (string | number)[];

/** The line on which a place, or as much of it as there is, stands in a document that is written as JSON with two spaces. */
export function lineOf(document: unknown, place: Place): number {
  let line = 1;
  let at = document;
  for (const step of place) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) break;
    const entries = Object.entries(at);
    const index = entries.findIndex(([name]) => name === String(step));
    line += 1 + entries.slice(0, index).reduce((sum, [, value]) => sum + linesOf(value), 0);
    at = entries[index]![1];
  }
  return line;
}

const linesOf = (value: unknown): number => JSON.stringify(value, null, 2).split('\n').length;

/**
 * Where a schema says what `path`, such as `$.lines[*].sku`, is: its place below the schema itself or, behind a `$ref`, below
 * the document that the reference looks into. What the schema does not have is left to the last thing that it has.
 */
export function schemaPlace(
  schema: Schema,
  place: Place,
  document: { value: object; place: Place },
  path: string,
): Place {
  const steps = path.match(/\.\*|\[\*\]|\.[^.[\]]+/g) ?? [];
  let found: Found = { schema, place };
  for (const step of steps) {
    const next = within(found, step, document);
    if (!next) break;
    found = next;
  }
  return found.place;
}

interface Found {
  readonly schema: Schema;
  readonly place: Place;
}

function within({ schema, place }: Found, step: string, document: { value: object; place: Place }): Found | undefined {
  const { $ref } = schema;
  if (typeof $ref === 'string') {
    const names = $ref.split('/').slice(1);
    const target = names.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document.value);
    return within({ schema: target as Schema, place: [...document.place, ...names] }, step, document);
  }
  const below = step === '[*]' ? ['items'] : step === '.*' ? ['additionalProperties'] : ['properties', step.slice(1)];
  const part = below.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], schema);
  if (part) return { schema: part as Schema, place: [...place, ...below] };
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    for (const [index, option] of ((schema[keyword] ?? []) as Schema[]).entries()) {
      const found = within({ schema: option, place: [...place, keyword, index] }, step, document);
      if (found) return found;
    }
  }
  return undefined;
}
