import type { Access } from '#kernel';
import { type Schema, type SchemaChange, schemaChanges } from './schema-changes.js';

/** A message as contracts/contracts.json holds it. */
export interface MessageSnapshot {
  readonly name: string;
  readonly kind: 'command' | 'query' | 'event';
  readonly context: string;
  readonly access: Access;
  readonly key: string | null;
  readonly sensitive: boolean;
  readonly repeatable: boolean;
  /** JSON schemas as the sender sees them: a field with a default is optional. */
  readonly input: Schema;
  readonly answer: Schema | null;
  readonly errors: Readonly<
    Record<string, { readonly status: number; readonly message: string; readonly details?: Schema }>
  >;
  /** The contexts whose code uses the class, and `edge` for HTTP controllers. */
  readonly usedBy: readonly string[];
  /** The stable names of those who listen. */
  readonly subscribers: readonly string[];
}

/** As much of an OpenAPI document as is compared. */
export interface ApiSnapshot {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

/** What changed, a sentence for each: what breaks those who use the contract, and what does not. */
export interface Difference {
  readonly breaking: string[];
  readonly compatible: string[];
}

type Tell = (sentence: string, breaks: boolean) => void;

/**
 * - What goes in must still be taken: nothing removed, nothing new required, nothing narrowed.
 * - What comes out must still be readable: nothing removed, nothing optional that was not, nothing widened. One more value
 *   of an enumeration is let through, with a note: readers must ignore what they do not know.
 * - An event is both: those on their way were made before the change and are read after it.
 */
const broken = {
  in: new Set<SchemaChange['effect']>(['fewer', 'other']),
  out: new Set<SchemaChange['effect']>(['more', 'other']),
  both: new Set<SchemaChange['effect']>(['fewer', 'more', 'other']),
};

export function compareMessages(before: readonly MessageSnapshot[], after: readonly MessageSnapshot[]): Difference {
  const { difference, tell } = newDifference();
  const now = new Map(after.map((message) => [message.name, message]));
  for (const old of before) {
    const message = now.get(old.name);
    if (message) compareMessage(old, message, (sentence, breaks) => tell(`${old.name}: ${sentence}`, breaks));
    else tell(`${old.name}: the message is gone`, true);
    now.delete(old.name);
  }
  for (const name of now.keys()) tell(`${name}: the message is new`, false);
  return difference;
}

function compareMessage(old: MessageSnapshot, now: MessageSnapshot, tell: Tell): void {
  if (old.kind !== now.kind) tell(`is a ${now.kind}, was a ${old.kind}`, true);
  if (named(old.access) !== named(now.access))
    tell(`access is ${named(now.access)}, was ${named(old.access)}`, !loosened(old.access, now.access));
  if (old.key !== now.key) tell(`key is ${now.key ?? 'none'}, was ${old.key ?? 'none'}`, true);
  if (old.sensitive !== now.sensitive) {
    tell(
      now.sensitive ? 'is sensitive now: a repeat no longer gets its answer' : 'is no longer sensitive',
      now.sensitive,
    );
  }
  if (old.repeatable !== now.repeatable) tell(now.repeatable ? 'is repeatable now' : 'is no longer repeatable', false);
  if (old.kind === 'event') compareSchemas('data', 'both', old.input, now.input, tell);
  else compareSchemas('input', 'in', old.input, now.input, tell);
  compareOptional('answer', old.answer ?? undefined, now.answer ?? undefined, tell);
  for (const [code, error] of Object.entries(old.errors)) {
    const declared = now.errors[code];
    if (!declared) {
      tell(`error ${code} is gone`, false);
      continue;
    }
    if (declared.status !== error.status)
      tell(`error ${code} has status ${declared.status}, was ${error.status}`, true);
    compareOptional(`details of ${code}`, error.details, declared.details, tell);
  }
  for (const code of Object.keys(now.errors)) if (!(code in old.errors)) tell(`error ${code} is new`, false);
}

function compareOptional(what: string, old: Schema | undefined, now: Schema | undefined, tell: Tell): void {
  if (old && now) compareSchemas(what, 'out', old, now, tell);
  else if (old ?? now) tell(`${what} ${now ? 'came' : 'went'}`, !now);
}

function compareSchemas(
  what: string,
  direction: keyof typeof broken,
  old: Schema,
  now: Schema,
  tell: Tell,
  documents: { before: object; after: object } = { before: old, after: now },
): void {
  for (const { path, what: change, effect } of schemaChanges(old, now, documents)) {
    const note =
      effect === 'value' && direction !== 'in'
        ? ' (readers must ignore values that they do not know, and be deployed first)'
        : '';
    tell(`${what} ${path} ${change}${note}`, broken[direction].has(effect));
  }
}

/** True where everybody who was let through still is. */
const loosened = (old: Access, now: Access): boolean =>
  now.kind === 'anyone' ||
  (now.kind === 'owner' &&
    ((old.kind === 'owner' && old.or === undefined) || (old.kind === 'permission' && old.permission === now.or)));

export function named(access: Access): string {
  if (access.kind === 'permission') return `permission ${access.permission}`;
  return access.kind === 'owner' && access.or !== undefined ? `owner or permission ${access.or}` : access.kind;
}

/** Compares operations, parameters, bodies and successful answers; errors belong to the messages. */
export function compareApis(before: ApiSnapshot, after: ApiSnapshot): Difference {
  const { difference, tell } = newDifference();
  const documents = { before, after };
  const now = new Map(operationsOf(after));
  for (const [name, old] of operationsOf(before)) {
    const operation = now.get(name);
    if (operation)
      compareOperation(old, operation, documents, (sentence, breaks) => tell(`${name}: ${sentence}`, breaks));
    else tell(`${name}: the operation is gone`, true);
    now.delete(name);
  }
  for (const name of now.keys()) tell(`${name}: the operation is new`, false);
  return difference;
}

export const operationsOf = ({ paths }: ApiSnapshot): [string, Operation][] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

function compareOperation(
  old: Operation,
  now: Operation,
  documents: { before: object; after: object },
  tell: Tell,
): void {
  const parametersOf = ({ parameters = [] }: Operation) =>
    new Map(parameters.map((one) => [`${one.in} parameter ${one.name}`, one]));
  const parameters = parametersOf(now);
  for (const [name, { required = false, schema = {} }] of parametersOf(old)) {
    const parameter = parameters.get(name);
    parameters.delete(name);
    if (!parameter) {
      tell(`${name} is gone`, true);
      continue;
    }
    if (required !== (parameter.required ?? false))
      tell(`${name} is ${parameter.required ? 'required' : 'optional'} now`, !required);
    compareSchemas(name, 'in', schema, parameter.schema ?? {}, tell, documents);
  }
  for (const [name, { required = false }] of parameters)
    tell(`${name} is new${required ? ' and required' : ''}`, required);

  const [oldBody, body] = [old.requestBody, now.requestBody];
  if (body?.required && !oldBody?.required) tell('body is required now', true);
  compareContent('body', 'in', oldBody?.content, body?.content, documents, tell);

  for (const [status, { content }] of Object.entries(old.responses)) {
    if (!status.startsWith('2')) continue;
    const response = now.responses[status];
    if (response) compareContent(`answer ${status}`, 'out', content, response.content, documents, tell);
    else tell(`status ${status} is gone`, true);
  }
}

function compareContent(
  what: string,
  direction: 'in' | 'out',
  old: Content = {},
  now: Content = {},
  documents: { before: object; after: object },
  tell: Tell,
): void {
  for (const [type, { schema = {} }] of Object.entries(old)) {
    const is = now[type];
    if (is) compareSchemas(what, direction, schema, is.schema ?? {}, tell, documents);
    else tell(`${what} as ${type} is gone`, true);
  }
}

function newDifference(): { difference: Difference; tell: Tell } {
  const difference: Difference = { breaking: [], compatible: [] };
  return { difference, tell: (sentence, breaks) => void difference[breaks ? 'breaking' : 'compatible'].push(sentence) };
}
