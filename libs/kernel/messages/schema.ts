import * as z from 'zod';
import { ContractError } from './contract-error.js';

// oxlint-disable-next-line no-control-regex -- this very character is the point
const withoutNul = /^[^\u0000]*$/u;

/** Text that PostgreSQL can store: any string without U+0000. Every free string of a contract is one of these. */
export const text = (): z.ZodString => z.string().regex(withoutNul, 'must not contain the character U+0000');

/** An identifier of ours: UUID version 7 (RFC 9562), so that ids sort by time. Any version is read. */
export const Uuid = z
  .guid()
  .meta({ description: 'A UUID (RFC 9562).', examples: ['0199f3a2-7c1e-7abc-8def-0123456789ab'] });

/** An instant: ISO 8601 in UTC, as `Date.prototype.toISOString` writes it. */
export const Instant = z.iso
  .datetime()
  .meta({ description: 'An instant, ISO 8601 in UTC.', examples: ['2026-01-31T12:00:00.000Z'] });

/** ISO 4217 alphabetic code. */
export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')
  .meta({ description: 'ISO 4217 code.', examples: ['EUR'] });

/** Money: an integer amount in the currency's minor units (cents), never a float. */
export const Money = z.object({ amount: z.int(), currency: Currency }).meta({
  id: 'Money',
  description: 'An amount in minor units (cents) of a currency.',
  examples: [{ amount: 1999, currency: 'EUR' }],
});
export type Money = z.infer<typeof Money>;

const personalFields = z.registry<{ personal: true }>();

/**
 * Marks a field as personal data. Redaction, export and erasure derive from this one mark.
 * It must be the outermost call but for `.optional()` and `.nullable()`.
 */
export function personal<Schema extends z.ZodType>(schema: Schema): Schema {
  personalFields.add(schema, { personal: true });
  return schema;
}

const secretFields = z.registry<{ secret: true }>();

/**
 * Marks a field of a message's input as a secret, such as a password: personal, and nothing of it is kept, not even in the
 * hash by which a repeat of a call is known, where it could be guessed.
 */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  secretFields.add(schema, { secret: true });
  return personal(schema);
}

/** The fields of `value` that `schema` does not mark as secrets. */
export const withoutSecrets = ({ shape }: z.ZodObject, value: object): object =>
  Object.fromEntries(
    Object.entries(value).filter(([name]) => {
      const field = fieldOf(shape, name) as z.ZodType | undefined;
      const inner = field && (definition(field).innerType ?? field);
      return !inner || !secretFields.has(inner);
    }),
  );

/** A copy of `value` with every field that `schema` marks as personal replaced by `[personal]`. */
export function redact(schema: z.ZodType, value: unknown): unknown {
  if (personalFields.has(schema)) return value === undefined || value === null ? value : '[personal]';
  const def = definition(schema);
  if (def.innerType) return redact(def.innerType, value);
  if (def.type === 'array' && Array.isArray(value)) return value.map((item) => redact(def.element as z.ZodType, item));
  if (def.type === 'object' && isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => {
        const declared = fieldOf(def.shape, name) as z.ZodType | undefined;
        return [name, declared ? redact(declared, field) : field];
      }),
    );
  }
  if (def.options && isRecord(value))
    return def.options.reduce<unknown>((redacted, option) => redact(option, redacted), value);
  return value;
}

interface Definition {
  readonly type: string;
  readonly format?: string;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType | string;
  readonly shape?: Record<string, z.ZodType>;
  readonly options?: z.ZodType[];
  readonly items?: z.ZodType[];
  readonly rest?: z.ZodType | null;
  readonly keyType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly left?: z.ZodType;
  readonly right?: z.ZodType;
  readonly coerce?: boolean;
  readonly checks?: { _zod: { def: { check: string; format?: string; pattern?: RegExp; maximum?: number } } }[];
}

/** A field by the name that a value gives it, which may be that of something every object inherits, as `constructor`. */
export const fieldOf = (fields: object = {}, name: string): unknown =>
  Object.hasOwn(fields, name) ? (fields as Record<string, unknown>)[name] : undefined;

/** The schema inside an optional, a nullable, a default and the like. */
export function innermost(schema: z.ZodType): z.ZodType {
  const { innerType } = definition(schema);
  return innerType ? innermost(innerType) : schema;
}

/** How long a list may be. */
export const mostItems = (schema: z.ZodType): number =>
  Math.min(...(definition(schema).checks ?? []).map(({ _zod }) => _zod.def.maximum ?? Infinity), Infinity);

const definition = (schema: z.ZodType): Definition => schema._zod.def as unknown as Definition;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const jsonKinds = new Set(
  'string number int boolean null literal enum object array tuple record union optional nullable nonoptional readonly default intersection void'.split(
    ' ',
  ),
);

/**
 * Refuses, when a contract is declared, what JSON cannot carry: Date, Map, BigInt, class instances, transforms,
 * `any` and the like, and free strings that would let U+0000 through. `where` names the contract in the error.
 */
export function assertJsonOnly(schema: z.ZodType, where: string): void {
  const def = definition(schema);
  if (!jsonKinds.has(def.type) || def.coerce) {
    throw new ContractError(
      `${where}: ${def.coerce ? 'coercion' : `"${def.type}"`} cannot cross a boundary; use plain JSON values`,
    );
  }
  if (def.type === 'string' && !refusesNul(def)) {
    throw new ContractError(
      `${where}: use the kernel's text() instead of z.string(), or a format: PostgreSQL cannot store U+0000`,
    );
  }
  for (const [name, child] of children(def)) assertJsonOnly(child, name === '' ? where : `${where}.${name}`);
}

function refusesNul(def: Definition): boolean {
  return def.format !== undefined || (def.checks ?? []).some(({ _zod }) => _zod.def.check === 'string_format');
}

function children(def: Definition): [string, z.ZodType][] {
  const unnamed = [
    def.innerType,
    def.left,
    def.right,
    def.rest,
    def.keyType,
    ...(def.options ?? []),
    ...(def.items ?? []),
  ];
  return [
    ...unnamed
      .filter((child): child is z.ZodType => child instanceof z.ZodType)
      .map((child): [string, z.ZodType] => ['', child]),
    ...(def.element instanceof z.ZodType ? [['[]', def.element] as [string, z.ZodType]] : []),
    ...(def.valueType ? [['{}', def.valueType] as [string, z.ZodType]] : []),
    ...Object.entries(def.shape ?? {}),
  ];
}
