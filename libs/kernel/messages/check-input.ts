import type * as z from 'zod';
import { fieldOf, innermost, mostItems } from './schema.js';

type Issue = z.core.$ZodIssue;

/** More are of no use to whoever reads them. */
export const MOST_ISSUES = 20;
/** Values in an input of which everything that is wrong is looked for at once. Larger ones are looked through piece by piece. */
const SMALL = 1_000;

/** The mistakes of an input. */
export interface Wrong {
  readonly data?: undefined;
  /** The first ones, at most MOST_ISSUES where the input is large. */
  readonly issues: readonly Issue[];
  /** There are more, and nobody looked for them. */
  readonly unfinished: boolean;
}

/**
 * `value` by `schema`, or what is wrong with it. Zod makes an issue of each wrong value, so that who sends a list of wrong
 * ones has it make as many as the list is long: here the search ends with the issue after the twentieth.
 */
export function checkInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): { data: z.output<Schema>; issues?: undefined } | Wrong {
  const found: Issue[] = [];
  if (isLarge(value)) collect(schema, value, [], found);
  if (found.length > 0) return { issues: found.slice(0, MOST_ISSUES), unfinished: found.length > MOST_ISSUES };
  const { error, data } = schema.safeParse(value);
  return error ? { issues: error.issues, unfinished: false } : { data: data as z.output<Schema> };
}

/** Adds what is wrong to `found`, until there is one more than is told. */
function collect(schema: z.ZodType, value: unknown, path: PropertyKey[], found: Issue[]): void {
  const parts = isLarge(value) ? partsOf(innermost(schema), value as object) : undefined;
  if (!parts) {
    const { error } = schema.safeParse(value);
    for (const issue of error?.issues ?? []) found.push({ ...issue, path: [...path, ...issue.path] });
    return;
  }
  for (const [name, part, partSchema] of parts) {
    if (found.length > MOST_ISSUES) return;
    collect(partSchema, part, [...path, name], found);
  }
}

type Part = [name: PropertyKey, value: unknown, schema: z.ZodType];

/** The fields of an object or items of a list, each with its schema. Undefined where Zod stops at once: it wants another type, or fewer items. */
function partsOf(schema: z.ZodType, value: object): Iterable<Part> | undefined {
  const def = schema.def as { type: string; element?: z.ZodType; shape?: Record<string, z.ZodType> };
  if (Array.isArray(value)) {
    if (def.type !== 'array' || value.length > mostItems(schema)) return undefined;
    return itemsOf(value, def.element!);
  }
  if (def.type !== 'object') return undefined;
  return Object.entries(def.shape!).map(([name, field]) => [name, fieldOf(value, name), field]);
}

function* itemsOf(list: readonly unknown[], schema: z.ZodType): Generator<Part> {
  for (const [at, item] of list.entries()) yield [at, item, schema];
}

/** Whether there are more than SMALL values in it, however deep; looks at no more of them. */
function isLarge(value: unknown): boolean {
  let seen = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const at = open.pop();
    if (typeof at !== 'object' || at === null) continue;
    const inside = Array.isArray(at) ? at : Object.values(at);
    seen += inside.length;
    if (seen > SMALL) return true;
    open.push(...inside);
  }
  return false;
}
