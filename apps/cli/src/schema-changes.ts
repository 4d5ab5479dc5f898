import { isDeepStrictEqual } from 'node:util';

export type Schema = Readonly<Record<string, unknown>>;

/** What one change does to the values that a schema allows. */
export interface SchemaChange {
  /** Where, as a JSON path into the value: `$.lines[*].sku`. */
  readonly path: string;
  /** What happened there, to follow the path in a sentence. */
  readonly what: string;
  /** `value`: one more value of an enumeration. `other`: some fewer and some more, or nobody can tell. */
  readonly effect: 'none' | 'fewer' | 'more' | 'value' | 'other';
}

/**
 * Every change from one JSON schema (draft 2020-12) to another. `$ref`s are looked up in the documents that hold them.
 * Schemas that contain themselves are not expected: no contract can declare one.
 */
export function schemaChanges(
  before: Schema,
  after: Schema,
  documents: { before: object; after: object },
): SchemaChange[] {
  return [...between(inlined(before, documents.before) as Schema, inlined(after, documents.after) as Schema, '$')];
}

/** Alternatives are paired: those that are equal, then those that look alike. What is left over came or went. */
function* between(before: Schema, after: Schema, path: string): Generator<SchemaChange> {
  const [olds, news] = [alternatives(before), alternatives(after)];
  const isIn = (schemas: Schema[]) => (schema: Schema) => schemas.some((other) => isDeepStrictEqual(schema, other));
  const added = news.filter((schema) => !isIn(olds)(schema));
  for (const old of olds.filter((schema) => !isIn(news)(schema))) {
    const twin = added.findIndex((schema) => likeness(schema) === likeness(old));
    if (twin < 0) yield { path, what: `no longer allows ${named(old)}`, effect: 'fewer' };
    else yield* keywords(old, added.splice(twin, 1)[0]!, path);
  }
  for (const schema of added) {
    yield { path, what: `now allows ${named(schema)}`, effect: valuesOf(schema) ? 'value' : 'more' };
  }
}

/** Keywords only ever take values away, so that one more means fewer values and one less means more. */
function* keywords(before: Schema, after: Schema, path: string): Generator<SchemaChange> {
  yield* values(before, after, path);
  yield* fields(before, after, path);
  for (const keyword of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (handled.has(keyword) || isDeepStrictEqual(before[keyword], after[keyword])) continue;
    const [old, now] = [before[keyword], after[keyword]];
    const parts = partsOf(keyword, old, now);
    if (parts) for (const [step, was, is] of parts) yield* between(was, is, path + step);
    else if (keyword === 'type')
      yield {
        path,
        what: `is ${named(after)}, no longer ${named(before)}`,
        effect: now === 'number' ? 'more' : 'fewer',
      };
    else if (old === undefined && valuesOf(before)?.every((value) => fits(value, keyword, now))) continue;
    else if (old === undefined) yield { path, what: `is now limited by ${keyword} ${shown(now)}`, effect: 'fewer' };
    else if (now === undefined)
      yield { path, what: `is no longer limited by ${keyword} ${shown(old)}`, effect: 'more' };
    else
      yield {
        path,
        what: `has ${keyword} ${shown(now)} instead of ${shown(old)}`,
        effect: compared(keyword, old, now),
      };
  }
}

function* values(before: Schema, after: Schema, path: string): Generator<SchemaChange> {
  const [old, now] = [valuesOf(before), valuesOf(after)];
  if (old && !now) yield { path, what: 'is no longer one of a few values', effect: 'more' };
  else if (now && !old) yield { path, what: `must now be one of ${now.map(shown).join(', ')}`, effect: 'fewer' };
  for (const value of old?.filter((one) => now && !now.includes(one)) ?? [])
    yield { path, what: `no longer allows ${shown(value)}`, effect: 'fewer' };
  for (const value of now?.filter((one) => old && !old.includes(one)) ?? [])
    yield { path, what: `now allows ${shown(value)}`, effect: 'value' };
}

/** A field that went is missed by its readers, and ignored where somebody still sends it. */
function* fields(before: Schema, after: Schema, path: string): Generator<SchemaChange> {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  for (const [name, schema] of Object.entries(old.schemas)) {
    const at = `${path}.${name}`;
    const is = Object.hasOwn(now.schemas, name) ? now.schemas[name] : undefined;
    if (!is) {
      yield { path: at, what: 'is gone', effect: 'other' };
      continue;
    }
    if (!old.required.has(name) && now.required.has(name)) yield { path: at, what: 'is required now', effect: 'fewer' };
    if (old.required.has(name) && !now.required.has(name)) yield { path: at, what: 'is optional now', effect: 'more' };
    yield* between(schema, is, at);
  }
  for (const name of Object.keys(now.schemas)) {
    if (Object.hasOwn(old.schemas, name)) continue;
    if (now.required.has(name)) yield { path: `${path}.${name}`, what: 'is new and required', effect: 'fewer' };
    else yield { path: `${path}.${name}`, what: 'is new', effect: 'none' };
  }
}

const fieldsOf = ({ properties = {}, required = [] }: Schema) => ({
  schemas: properties as Readonly<Record<string, Schema>>,
  required: new Set(required as string[]),
});

/** Read elsewhere, or only for humans. */
const handled = new Set(
  'properties required enum const $defs title description example examples default deprecated id'.split(' '),
);

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schemas below a keyword, in pairs, each with its step in the path; none where the keyword holds something else. */
function partsOf(keyword: string, old: unknown, now: unknown): [step: string, old: Schema, now: Schema][] | undefined {
  const step = { items: '[*]', additionalProperties: '.*', propertyNames: '.* (the name)' }[keyword];
  if (step !== undefined && isSchema(old) && isSchema(now)) return [[step, old, now]];
  if (!Array.isArray(old) || !Array.isArray(now) || old.length !== now.length) return undefined;
  if (keyword === 'prefixItems')
    return old.map((schema, index) => [`[${index}]`, schema as Schema, now[index] as Schema]);
  if (keyword === 'allOf') return old.map((schema, index) => ['', schema as Schema, now[index] as Schema]);
  return undefined;
}

/** Whether a value keeps to a limit of text; false where nobody can tell. */
function fits(value: unknown, keyword: string, limit: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (keyword === 'minLength') return value.length >= Number(limit);
  if (keyword === 'maxLength') return value.length <= Number(limit);
  if (keyword !== 'pattern') return false;
  // oxlint-disable-next-line cleave/linear-regex -- a contract's own pattern, which was checked where it stands
  return new RegExp(String(limit), 'u').test(value);
}

function compared(keyword: string, old: unknown, now: unknown): SchemaChange['effect'] {
  if (typeof old !== 'number' || typeof now !== 'number') return 'other';
  if (/^(min|exclusiveMin)/.test(keyword)) return now > old ? 'fewer' : 'more';
  if (/^(max|exclusiveMax)/.test(keyword)) return now < old ? 'fewer' : 'more';
  return 'other';
}

/** A schema as the list of what it may be: `anyOf`, `oneOf` and several types alike. */
function alternatives(schema: Schema): Schema[] {
  const { anyOf, oneOf, ...rest } = schema;
  const options = (anyOf ?? oneOf) as Schema[] | undefined;
  if (options) return options.flatMap((option) => alternatives({ ...rest, ...option }));
  return Array.isArray(schema['type']) ? schema['type'].map((type: unknown) => ({ ...schema, type })) : [schema];
}

/** Alternatives are alike when they have one type and the same fixed fields, as those of a discriminated union have. */
function likeness({ type, properties }: Schema): string {
  const fixed = Object.entries((properties ?? {}) as Record<string, Schema>).filter(([, field]) => 'const' in field);
  return JSON.stringify([type === 'integer' ? 'number' : type, fixed.map(([name, field]) => [name, field['const']])]);
}

const valuesOf = (schema: Schema): unknown[] | undefined =>
  (schema['enum'] as unknown[] | undefined) ?? ('const' in schema ? [schema['const']] : undefined);

function named(schema: Schema): string {
  const { type = 'any value', properties } = schema;
  const fixed = Object.entries((properties ?? {}) as Record<string, Schema>).filter(([, field]) => 'const' in field);
  const known = valuesOf(schema);
  if (known) return known.map(shown).join(', ');
  return fixed.length === 0
    ? String(type)
    : `${String(type)} with ${fixed.map(([name, field]) => `${name} ${shown(field['const'])}`).join(', ')}`;
}

function shown(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}

/** A copy with every `$ref` replaced by what it names in `document`. */
function inlined(node: unknown, document: object): unknown {
  if (Array.isArray(node)) return node.map((part) => inlined(part, document));
  if (!isSchema(node)) return node;
  const { $ref, ...rest } = node;
  const named = typeof $ref === 'string'; // a field may be called $ref, too
  const own = Object.fromEntries(
    Object.entries(named ? rest : node).map(([name, part]) => [name, inlined(part, document)]),
  );
  if (!named) return own;
  const target = $ref
    .split('/')
    .slice(1)
    .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document);
  return { ...(inlined(target, document) as Schema), ...own };
}
