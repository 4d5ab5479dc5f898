import type { Shop } from '../shop.js';

interface Schema {
  $ref?: string;
  type?: string;
  enum?: string[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
}

interface Parameter {
  in: 'path' | 'query' | 'header';
  name: string;
  required?: boolean;
  schema: Schema;
}

export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete' | 'options';
  readonly path: string;
  /** What it is called in the document. */
  readonly id: string;
  /** Method and path. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** The Content-Type of its body, where it has one. */
  readonly body?: 'application/json' | 'text/csv' | '*/*';
  readonly schema?: Schema;
  /** The first code that it documents for 404. */
  readonly notFound?: string;
}

interface Document {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Record<string, Schema> };
}

interface DocumentedOperation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, object>;
}

/** The API by its own document: each operation, a good body for it, and all that can be wrong with a body. */
export class DocumentedApi {
  readonly operations: readonly Operation[];

  private constructor(readonly document: Document) {
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, { operationId: id, parameters = [], requestBody, responses }]) => {
        const [body, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
        const [, notFound] = /(?:"enum":\["|responses\/)([\w.-]+)"/.exec(JSON.stringify(responses['404'] ?? {})) ?? [];
        const name = `${method} ${path}`;
        return { id, method, path, name, parameters, body, schema: content?.schema, notFound } as Operation;
      }),
    );
  }

  static async of(shop: Shop): Promise<DocumentedApi> {
    return new DocumentedApi((await shop.http.get('/api/openapi.json').expect(200)).body as Document);
  }

  get changing(): Operation[] {
    return this.operations.filter(({ method }) => method !== 'get');
  }

  /** Those with a body of JSON. */
  get json(): (Operation & { schema: Schema })[] {
    return this.operations.filter((operation) => operation.body === 'application/json') as never;
  }

  /** Every parameter of a kind, with its operation. */
  parameters(kind: Parameter['in']): [Operation, Parameter][] {
    return this.operations.flatMap((operation) =>
      operation.parameters
        .filter((parameter) => parameter.in === kind)
        .map((parameter): [Operation, Parameter] => [operation, parameter]),
    );
  }

  sample(schema: Schema): object {
    return this.value(schema) as object;
  }

  /** Bodies of which one field is wrong, or missing, with the JSON pointer to that field. */
  wrongBodies(schema: Schema): { pointer: string; value: unknown; body: unknown }[] {
    return this.wrongValues(schema, '').map(([pointer, value]) => ({
      pointer,
      value,
      body: withField(this.sample(schema), pointer.split('/').slice(1), value),
    }));
  }

  private value(schema: Schema): unknown {
    const { type, enum: values, format, minLength = 1, pattern, minimum, properties, items } = this.resolved(schema);
    if (items) return [this.value(items)];
    if (properties)
      return Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, this.value(field)]));
    if (values) return values[0];
    if (type === 'integer') return minimum ?? 1;
    if (pattern?.includes('https?')) return 'https://example.com/x';
    if (pattern?.startsWith('^[A-Z]{3}')) return 'EUR';
    if (format === 'date-time') return '2026-01-31T12:00:00Z';
    return format === 'email' ? 'ada@example.com' : 'x'.repeat(minLength);
  }

  private wrongValues(schema: Schema, pointer: string): [pointer: string, value: unknown][] {
    const { type, properties, items, nullable, required = [], ...limits } = this.resolved(schema);
    const { maxLength, minLength, minimum, maximum } = limits;
    const none = nullable ? [] : [null];
    if (items) {
      return [
        ...[...none, {}, 'text', 7].map((value): [string, unknown] => [pointer, value]),
        ...this.wrongValues(items, `${pointer}/0`),
      ];
    }
    if (properties) {
      return [
        ...[...none, [], 'text', 7].map((value): [string, unknown] => [pointer, value]),
        ...required.map((name): [string, unknown] => [`${pointer}/${name}`, undefined]),
        ...Object.entries(properties).flatMap(([name, field]) => this.wrongValues(field, `${pointer}/${name}`)),
      ];
    }
    const wrong: unknown[] = [...none, [], {}, true, ...(type === 'string' ? [7, 'a\0b'] : ['7', 1.5, 2 ** 53])];
    if (maxLength !== undefined) wrong.push('x'.repeat(maxLength + 1));
    if (minLength !== undefined) wrong.push('');
    if (minimum !== undefined) wrong.push(minimum - 1);
    if (maximum !== undefined) wrong.push(maximum + 1);
    return wrong.map((value) => [pointer, value]);
  }

  private resolved(schema: Schema): Schema & { nullable?: boolean } {
    const [known] = schema.anyOf?.filter(({ type }) => type !== 'null') ?? [];
    if (known) return { ...this.resolved(known), nullable: true };
    return schema.$ref ? this.document.components.schemas[schema.$ref.split('/').at(-1)!]! : schema;
  }
}

function withField(body: unknown, [field, ...rest]: string[], value: unknown): unknown {
  if (field === undefined) return value;
  if (Array.isArray(body)) return body.with(Number(field), withField(body[Number(field)], rest, value));
  return { ...(body as object), [field]: withField((body as Record<string, unknown>)[field], rest, value) };
}
