import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import * as z from 'zod';
import { invalidInput } from '#kernel/core';
import { checkInput, type Failure, MOST_ISSUES, Uuid, type Wrong } from '#kernel/messages';

const unknownIds = new WeakMap<object, () => Failure>();

/** Options for `@Param`: an id of ours. One that is malformed names nothing, and `unknown` says so as for any other. */
export function idOr(unknown: () => Failure): { schema: typeof Uuid } {
  const schema = Uuid.describe('A UUID (RFC 9562).');
  unknownIds.set(schema, unknown);
  return { schema };
}

/**
 * Checks what came in against the schema of its parameter: `@Body({ schema })`, `@Param('id', { schema })`, `@Query({ schema })`.
 * A body names only fields that its schema has, for another one may be misspelt; between processes such a field is passed over,
 * since it may come from a newer version.
 */
@Injectable()
export class ContractPipe implements PipeTransform {
  transform(value: unknown, { type, data, schema }: ArgumentMetadata): unknown {
    if (!(schema instanceof z.ZodType)) return value;
    const checked = checkInput(schema, type === 'query' ? withIntegers(schema, value) : value);
    const { issues, unfinished }: Wrong = checked.issues ? checked : { issues: [], unfinished: false };
    const strange = type === 'body' ? strangeFields(schema, value) : [];
    if (issues.length === 0 && strange.length === 0) return checked.data;
    const unknown = unknownIds.get(schema);
    if (unknown && !String(value).includes('\0')) throw unknown();
    const where = type === 'param' ? ['path'] : type === 'query' ? ['query'] : [];
    const told = strange.slice(0, MOST_ISSUES).map(isStrange);
    throw invalidInput(
      { issues: [...issues, ...told], unfinished },
      data === undefined ? where : [...where, data],
      strange.length - told.length,
    );
  }
}

/** The names of fields that the schema has not. */
function strangeFields(schema: z.ZodType, body: unknown): string[] {
  const fields = fieldsOf(schema);
  if (!fields || typeof body !== 'object' || body === null || Array.isArray(body)) return [];
  return Object.keys(body).filter((name) => !Object.hasOwn(fields, name));
}

const isStrange = (name: string): z.core.$ZodIssue => ({
  code: 'custom',
  path: [name],
  message: 'is no field of this body',
});

/** Undefined where there may be any. */
function fieldsOf(schema: z.ZodType): object | undefined {
  if (schema instanceof z.ZodDefault) return fieldsOf(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodObject && !schema.def.catchall ? schema.shape : undefined;
}

/** A query string knows text alone: what the schema wants as a whole number, and is written as one, becomes one. */
function withIntegers(schema: z.ZodType, query: unknown): unknown {
  if (!(schema instanceof z.ZodObject)) return query;
  const { shape } = schema;
  const wantedAsNumber = (name: string): boolean => Object.hasOwn(shape, name) && wantsNumber(shape[name]!);
  return Object.fromEntries(
    Object.entries(query as object).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' && /^-?\d{1,15}$/.test(value) && wantedAsNumber(name) ? Number(value) : value,
    ]),
  );
}

function wantsNumber(schema: z.core.$ZodType): boolean {
  const def = schema._zod.def as { type: string; innerType?: z.core.$ZodType };
  return def.innerType ? wantsNumber(def.innerType) : def.type === 'number';
}
