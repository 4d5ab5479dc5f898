/** Where `@Answers` leaves an operation's example until the whole document is known. */
export const EXAMPLE = 'x-example';

export interface OperationExample {
  /** The contract's input, of which body and parameters show their parts. */
  readonly input?: unknown;
  readonly answer?: unknown;
  /** The path's parameters by the input's fields, where the names differ: `{ id: 'bookId' }` shows `bookId` as the path's id. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface JsonSchema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

interface Media {
  schema?: JsonSchema;
  example?: unknown;
  examples?: Record<string, unknown>;
}

/** Schemes, by name, all of which are needed together. */
export type Security = Readonly<Record<string, readonly string[]>>;

export interface DocumentedOperation {
  security?: Security[] | undefined;
  [EXAMPLE]?: OperationExample;
  parameters?: { name: string; in: string; schema?: JsonSchema; example?: unknown }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { headers?: object; content?: Record<string, Media>; $ref?: string }>;
}

/** Shows an operation's example where its readers look: at each parameter, at the body, at the answer. */
export function showExample(
  path: string,
  operation: DocumentedOperation,
  schemas: Readonly<Record<string, JsonSchema>>,
): void {
  const { input = {}, answer, parameters: names = {} } = operation[EXAMPLE] ?? {};
  delete operation[EXAMPLE];
  const fields = input as Record<string, unknown>;
  for (const parameter of operation.parameters ?? []) {
    const { name, schema = {} } = parameter;
    const shown = parameter.example ?? fields[names[name] ?? name] ?? fields[`${resourceOf(path, name)}Id`];
    const example = shown ?? exampleIn(schema) ?? schema['default'];
    if (example !== undefined) parameter.example = example;
  }
  for (const [type, media] of Object.entries(operation.requestBody?.content ?? {})) {
    const example = media.example ?? (type.endsWith('json') ? partOf(fields, media.schema, schemas) : fields['body']);
    if (example !== undefined) media.example = example;
  }
  if (answer === undefined) return;
  for (const [status, { content = {} }] of Object.entries(operation.responses)) {
    if (status.startsWith('2')) for (const media of Object.values(content)) media.example = answer;
  }
}

/** `/books/{id}/loans` → `book`: what the input calls `bookId`. */
function resourceOf(path: string, parameter: string): string | undefined {
  const segments = path.split('/');
  const resource = segments[segments.indexOf(`{${parameter}}`) - 1];
  return resource?.replace(/ies$/, 'y').replace(/s$/, '');
}

/** The fields that the body has of the whole input; nothing where the input has none of them. */
function partOf(
  input: Record<string, unknown>,
  schema: JsonSchema = {},
  schemas: Readonly<Record<string, JsonSchema>>,
): unknown {
  const { properties = {} } = schema.$ref ? (schemas[schema.$ref.split('/').at(-1)!] ?? {}) : schema;
  const part = Object.entries(input).filter(([name]) => Object.hasOwn(properties, name));
  return part.length > 0 ? Object.fromEntries(part) : undefined;
}

const exampleIn = (schema: JsonSchema): unknown =>
  schema['example'] ?? (schema['examples'] as unknown[] | undefined)?.[0];

/** A value that a schema allows: the one that it shows itself, or else a plain one. */
export function sampleOf(schema: JsonSchema, name = 'text'): unknown {
  const { properties, type, minimum, format } = schema;
  const options = (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined;
  const example = exampleIn(schema) ?? schema['const'] ?? (schema['enum'] as unknown[] | undefined)?.[0];
  if (example !== undefined) return example;
  if (options) return sampleOf(options[0]!, name);
  if (type === 'array') return [sampleOf(schema['items'] as JsonSchema, name)];
  if (properties)
    return Object.fromEntries(Object.entries(properties).map(([field, inner]) => [field, sampleOf(inner, field)]));
  if (type === 'integer' || type === 'number') return Math.max((minimum as number | undefined) ?? 0, 3);
  if (type === 'boolean') return true;
  return format === 'date-time' ? '2026-01-31T12:00:00.000Z' : name;
}
