import type { Access } from '#kernel/messages';
import { type Schema, type SchemaChange, schemaChanges } from './schema-changes.js';
import { type Place, schemaPlace } from './snapshot-places.js';

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
  /** The contexts that execute it, and `edge` for HTTP controllers. */
  readonly askedBy: readonly string[];
  /** The contexts, other than its own, that send it. */
  readonly sentBy: readonly string[];
  /** The stable names of those who listen. */
  readonly subscribers: readonly string[];
}

/** As much of an OpenAPI document as is compared. */
export interface ApiSnapshot {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly responses?: Readonly<Record<string, Response>>;
  };
}

interface Operation {
  readonly operationId?: string;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Response>>;
}

interface Response {
  readonly $ref?: string;
  readonly description?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Content;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

/** What changed, in a sentence, and the place in the snapshot before it that is no longer so. */
export interface Change {
  readonly sentence: string;
  readonly place: Place;
}

/** What breaks those who use the contract, and what does not. */
export interface Difference {
  readonly breaking: Change[];
  readonly compatible: Change[];
}

type Tell = (sentence: string, breaks: boolean, place?: Place) => void;

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
  for (const [index, old] of before.entries()) {
    const message = now.get(old.name);
    const within: Tell = (sentence, breaks, place = []) =>
      tell(`${old.name}: ${sentence}`, breaks, ['messages', index, ...place]);
    if (message) compareMessage(old, message, within);
    else within('the message is gone', true);
    now.delete(old.name);
  }
  for (const name of now.keys()) tell(`${name}: the message is new`, false);
  return difference;
}

function compareMessage(old: MessageSnapshot, now: MessageSnapshot, tell: Tell): void {
  if (old.kind !== now.kind) tell(`is a ${now.kind}, was a ${old.kind}`, true, ['kind']);
  if (named(old.access) !== named(now.access))
    tell(`access is ${named(now.access)}, was ${named(old.access)}`, !loosened(old.access, now.access), ['access']);
  if (old.key !== now.key) tell(`key is ${now.key ?? 'none'}, was ${old.key ?? 'none'}`, true, ['key']);
  if (old.sensitive !== now.sensitive) {
    tell(
      now.sensitive ? 'is sensitive now: a repeat no longer gets its answer' : 'is no longer sensitive',
      now.sensitive,
      ['sensitive'],
    );
  }
  if (old.repeatable !== now.repeatable)
    tell(now.repeatable ? 'is repeatable now' : 'is no longer repeatable', false, ['repeatable']);
  if (old.kind === 'event') compareSchemas('data', 'both', old.input, now.input, ['input'], tell);
  else compareSchemas('input', 'in', old.input, now.input, ['input'], tell);
  compareOptional('answer', old.answer ?? undefined, now.answer ?? undefined, ['answer'], tell);
  for (const [code, error] of Object.entries(old.errors)) {
    const declared = now.errors[code];
    if (!declared) {
      tell(`error ${code} is gone`, false, ['errors', code]);
      continue;
    }
    if (declared.status !== error.status)
      tell(`error ${code} has status ${declared.status}, was ${error.status}`, true, ['errors', code, 'status']);
    compareOptional(`details of ${code}`, error.details, declared.details, ['errors', code, 'details'], tell);
  }
  for (const code of Object.keys(now.errors))
    if (!Object.hasOwn(old.errors, code)) tell(`error ${code} is new`, false, ['errors']);
  for (const name of old.subscribers)
    if (!now.subscribers.includes(name)) tell(`${name} no longer listens`, false, ['subscribers']);
  for (const name of now.subscribers)
    if (!old.subscribers.includes(name)) tell(`${name} listens now`, false, ['subscribers']);
}

function compareOptional(
  what: string,
  old: Schema | undefined,
  now: Schema | undefined,
  place: Place,
  tell: Tell,
): void {
  if (old && now) compareSchemas(what, 'out', old, now, place, tell);
  else if (old ?? now) tell(`${what} ${now ? 'came' : 'went'}`, !now, place);
}

/** `documents`: what references look into, and its place; each schema by itself where nothing else is said. */
function compareSchemas(
  what: string,
  direction: keyof typeof broken,
  old: Schema,
  now: Schema,
  place: Place,
  tell: Tell,
  documents: Documents = { before: old, after: now, place },
): void {
  for (const { path, what: change, effect } of schemaChanges(old, now, documents)) {
    const note =
      effect === 'value' && direction !== 'in'
        ? ' (readers must ignore values that they do not know, and be deployed first)'
        : '';
    const at = schemaPlace(old, place, { value: documents.before, place: documents.place }, path);
    tell(`${what} ${path} ${change}${note}`, broken[direction].has(effect), at);
  }
}

interface Documents {
  readonly before: object;
  readonly after: object;
  readonly place: Place;
}

/** True where everybody who was let through still is. */
const loosened = (old: Access, now: Access): boolean =>
  now.kind === 'anyone' ||
  (now.kind === 'authenticated' && old.kind === 'permission') ||
  (now.kind === 'owner' &&
    ((old.kind === 'owner' && old.or === undefined) || (old.kind === 'permission' && old.permission === now.or)));

export function named(access: Access): string {
  if (access.kind === 'permission') return `permission ${access.permission}`;
  return access.kind === 'owner' && access.or !== undefined ? `owner or permission ${access.or}` : access.kind;
}

/** Compares operations, parameters, bodies, successful answers and the status of each error; the rest of an error belongs to its message. */
export function compareApis(before: ApiSnapshot, after: ApiSnapshot): Difference {
  const { difference, tell } = newDifference();
  const now = new Map(operationsOf(after).map((one) => [one.name, one.operation]));
  for (const { name, place, operation: old } of operationsOf(before)) {
    const operation = now.get(name);
    const within: Tell = (sentence, breaks, at = place) => tell(`${name}: ${sentence}`, breaks, at);
    if (operation) compareOperation(old, operation, place, { before, after }, within);
    else within('the operation is gone', true);
    now.delete(name);
  }
  for (const name of now.keys()) tell(`${name}: the operation is new`, false, ['paths']);
  return difference;
}

export const operationsOf = ({ paths }: ApiSnapshot): { name: string; place: Place; operation: Operation }[] =>
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      place: ['paths', path, method],
      operation,
    })),
  );

interface Apis {
  readonly before: ApiSnapshot;
  readonly after: ApiSnapshot;
}

function compareOperation(old: Operation, now: Operation, place: Place, apis: Apis, tell: Tell): void {
  if (old.operationId !== now.operationId)
    tell(`is called ${now.operationId} in generated clients, was ${old.operationId}`, true, [...place, 'operationId']);
  if (isOpen(old) && !isOpen(now)) tell('needs a log-in now', true, [...place, 'security']);
  compareParameters(old, now, place, apis, tell);
  const [oldBody, body] = [old.requestBody, now.requestBody];
  if (body?.required && !oldBody?.required) tell('body is required now', true, [...place, 'requestBody']);
  compareContent('body', 'in', oldBody?.content, body?.content, [...place, 'requestBody', 'content'], apis, tell);
  for (const [status, { content, headers = {} }] of Object.entries(old.responses)) {
    if (!status.startsWith('2')) continue;
    const at = [...place, 'responses', status];
    const response = now.responses[status];
    if (!response) {
      tell(`status ${status} is gone`, true, at);
      continue;
    }
    for (const header of Object.keys(headers))
      if (!response.headers?.[header])
        tell(`answer ${status} no longer has the header ${header}`, true, [...at, 'headers', header]);
    compareContent(`answer ${status}`, 'out', content, response.content, [...at, 'content'], apis, tell);
  }
  const statuses = new Map(errorsOf(now, apis.after).map(({ code, status }) => [code, status]));
  for (const { code, status } of errorsOf(old, apis.before)) {
    const is = statuses.get(code) ?? status;
    if (is !== status) tell(`error ${code} has status ${is}, was ${status}`, true, [...place, 'responses', status]);
  }
}

/** Nobody needs to log in. */
const isOpen = ({ security = [{}] }: Operation): boolean => security.some((one) => Object.keys(one).length === 0);

function compareParameters(old: Operation, now: Operation, place: Place, apis: Apis, tell: Tell): void {
  const parametersOf = ({ parameters = [] }: Operation) =>
    new Map(parameters.map((one, index) => [`${one.in} parameter ${one.name}`, { ...one, index }]));
  const parameters = parametersOf(now);
  for (const [name, { index, required = false, schema = {} }] of parametersOf(old)) {
    const at = [...place, 'parameters', index];
    const parameter = parameters.get(name);
    parameters.delete(name);
    if (!parameter) {
      tell(`${name} is gone`, true, at);
      continue;
    }
    if (required !== (parameter.required ?? false))
      tell(`${name} is ${parameter.required ? 'required' : 'optional'} now`, !required, [...at, 'required']);
    compareSchemas(name, 'in', schema, parameter.schema ?? {}, [...at, 'schema'], tell, { ...apis, place: [] });
  }
  for (const [name, { required = false }] of parameters)
    tell(`${name} is new${required ? ' and required' : ''}`, required, [...place, 'parameters']);
}

function compareContent(
  what: string,
  direction: 'in' | 'out',
  old: Content = {},
  now: Content = {},
  place: Place,
  apis: Apis,
  tell: Tell,
): void {
  for (const [type, { schema = {} }] of Object.entries(old)) {
    const at = [...place, type];
    const is = now[type];
    if (is) compareSchemas(what, direction, schema, is.schema ?? {}, [...at, 'schema'], tell, { ...apis, place: [] });
    else tell(`${what} as ${type} is gone`, true, at);
  }
}

/** The errors that an operation's documentation lists, as `@Answers` writes them: "- `code`: sentence". */
export function errorsOf(
  { responses }: Operation,
  { components = {} }: ApiSnapshot,
): { code: string; status: string; message: string }[] {
  return Object.entries(responses).flatMap(([status, response]) => {
    const { description = '' } = response.$ref ? components.responses![response.$ref.split('/').at(-1)!]! : response;
    return [...description.matchAll(/^- `(?<code>[^`]+)`: (?<message>.*)$/gm)].map(({ groups }) => ({
      code: groups!['code']!,
      status,
      message: groups!['message']!,
    }));
  });
}

function newDifference(): { difference: Difference; tell: Tell } {
  const difference: Difference = { breaking: [], compatible: [] };
  return {
    difference,
    tell: (sentence, breaks, place = []) =>
      void difference[breaks ? 'breaking' : 'compatible'].push({ sentence, place }),
  };
}
