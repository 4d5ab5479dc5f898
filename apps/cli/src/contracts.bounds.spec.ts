import { expect, it } from '@jest/globals';
import * as z from 'zod';
import { messageClasses } from './contracts.js';

interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly enum?: unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly anyOf?: Schema[];
}

/** Their own patterns bound them, but for the digits behind an instant's point. */
const shortFormats = new Set(['uuid', 'date-time']);
const isEndless = (pattern: string): boolean => /[*+]|\{\d+,\}/.test(pattern);

/** The fields without a bound of their own: only the size of the message limits them. */
function* unbounded(schema: Schema, where: string, defs: Readonly<Record<string, Schema>>): Generator<string> {
  const { type, items, properties = {}, additionalProperties, propertyNames, anyOf = [], $ref } = schema;
  if ($ref) yield* unbounded(defs[$ref.split('/').at(-1)!]!, where, defs);
  if (type === 'string' && !isShort(schema)) yield `${where} is a text of any length`;
  if (type === 'array' && schema.maxItems === undefined) yield `${where} is a list of any length`;
  if (typeof additionalProperties === 'object') {
    yield `${where} has any number of fields`;
    yield* unbounded(additionalProperties, `${where}.*`, defs);
    if (propertyNames) yield* unbounded(propertyNames, `${where}.* (the name)`, defs);
  }
  if (items) yield* unbounded(items, `${where}[*]`, defs);
  for (const [name, field] of Object.entries(properties)) yield* unbounded(field, `${where}.${name}`, defs);
  for (const option of anyOf) yield* unbounded(option, where, defs);
}

const isShort = ({ maxLength, enum: values, const: value, format = '', pattern }: Schema): boolean =>
  maxLength !== undefined ||
  values !== undefined ||
  value !== undefined ||
  shortFormats.has(format) ||
  (pattern !== undefined && !isEndless(pattern));

it('bounds each text and each list that an edge may send', async () => {
  const found = (await messageClasses()).flatMap(({ message: { kind, access, messageName, input } }) => {
    if (kind === 'event' || access.kind === 'internal') return []; // made by a context of what was bounded when it came in
    const { $defs = {}, ...schema } = z.toJSONSchema(input, { io: 'input' });
    return [...unbounded(schema as Schema, messageName, $defs as Record<string, Schema>)];
  });
  expect(found).toEqual([
    'payments.receive-webhook.v1.headers has any number of fields', // as many as fit into the 16 KiB of a request's headers
  ]);
});
