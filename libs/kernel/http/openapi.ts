import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { API_OPTIONS, type ApiOptions, type GuestToken } from '#kernel/edge';
import { GUEST } from './answers.js';
import { edgeErrors } from './edge-failure.js';
import { type DocumentedOperation, type JsonSchema, type Security, showExample } from './openapi-examples.js';
import { headerComponents, limitHeaders, references } from './openapi-headers.js';
import { problemResponses, sharedResponses } from './openapi-problems.js';
import { Problem } from './problem.js';

/** What the tags of the API stand for, in the order in which they are shown. Provided by the module that has all edges, or by an edge. */
export class ApiSections {
  constructor(readonly descriptions: Readonly<Record<string, string>>) {}
}

const introduction = ({ about, guest }: ApiOptions): string => `${about}

**Errors** are problem details (RFC 9457). \`code\` says what is wrong, for programs, and keeps its meaning and its status; \`detail\`
says it for humans; \`traceId\` finds the request in logs. A request that is no HTTP, or never becomes one, is answered before any
operation is known: 408 \`http.request_timeout\`, 431 \`http.headers_too_large\`.

**Who asks** is told by an access token (\`Authorization: Bearer …\`, from \`logIn\`)${guest ? `, a guest by ${guest.what}\n(\`${guest.header}\`), or both` : ''}. What is somebody else's is 404, as if it were not there.

**Repeating.** A request that changes something may carry an \`Idempotency-Key\`: repeated under the same key it is carried out once,
and answered alike. So after a time-out, or a 503 or 504, repeat it under its key. An operation that does not name the header answers
with a secret, of which nothing is kept: each request is carried out by itself, whatever its key.

**Bodies** have the fields that are documented: another one, which may be misspelt, is 422 with a pointer to it. Inside
them, in objects and lists, fields that are not taken are passed over, so that what was read can be sent back.

**Readers ignore** fields and values that they do not know: more of them may come. Everything else stays as it is within a version
of the path.`;

/** The OpenAPI 3.1 document of the controllers that are loaded. */
export function openApi(app: INestApplication): OpenAPIObject {
  const api = app.get<ApiOptions>(API_OPTIONS);
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Cleave')
    .setDescription(introduction(api))
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .setVersion('1')
    .addServer('/')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An access token from `logIn`.',
    });
  const { guest } = api;
  if (guest)
    config.addApiKey(
      { type: 'apiKey', in: 'header', name: guest.header, description: guest.description },
      guest.scheme,
    );
  const document = SwaggerModule.createDocument(app, config.build(), {
    standardSchemaConverter: (schema) => (schema instanceof z.ZodType ? openApiSchema(schema) : undefined),
  });
  const schemas = { ...document.components?.schemas, ...openApiSchema(Problem).components } as Record<
    string,
    JsonSchema
  >;
  keepOwnExamples(document);
  const shared = sharedResponses();
  const used: typeof shared = {};
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of Object.values(item) as unknown as DocumentedOperation[]) {
      const { responses } = operation;
      showExample(path, operation, schemas);
      closeBodies(operation);
      operation.security = operation.security?.flatMap((scheme) => securityOf(scheme, guest));
      if (path.includes('{')) Object.assign(responses, problemResponses(tooLong));
      for (const [status, response] of Object.entries(responses)) {
        if (status.startsWith('2') && responses['429'])
          response.headers = { ...response.headers, ...references(limitHeaders) };
        const code = soleCode(response);
        if (code === undefined || !shared[code]) continue;
        used[code] = shared[code];
        responses[status] = { $ref: `#/components/responses/${code}` };
      }
    }
  }
  const told = JSON.stringify([document.paths, used]);
  const headers = Object.entries(headerComponents).filter(([name]) => told.includes(`#/components/headers/${name}"`));
  const { contact: _, ...info } = document.info; // Nest puts an empty one there
  return {
    ...document,
    info,
    tags: describedTags(app, document),
    components: { ...document.components, schemas, responses: used, headers: Object.fromEntries(headers) },
  } as unknown as OpenAPIObject;
}

/** A guest's scheme by the application's name for it; none where guests own nothing. */
function securityOf(scheme: Security, guest: GuestToken | undefined): Security[] {
  if (!Object.hasOwn(scheme, GUEST)) return [scheme];
  return guest ? [{ [guest.scheme]: [] }] : [];
}

/** A body has no other fields (ContractPipe). */
function closeBodies({ requestBody }: DocumentedOperation): void {
  for (const body of Object.values(requestBody?.content ?? {}))
    if (body.schema?.properties) body.schema = { additionalProperties: false, ...body.schema };
}

const tooLong = { 'http.uri_too_long': edgeErrors['http.uri_too_long'] };

/** The code of a response that means one error alone. */
function soleCode({ content = {} }: DocumentedOperation['responses'][string]): string | undefined {
  const { examples = {} } = Object.values(content)[0] ?? {};
  const [code, ...others] = Object.keys(examples);
  return others.length === 0 ? code : undefined;
}

/** The tags that are used, as described; those that nobody described come last. */
function describedTags(app: INestApplication, { paths }: OpenAPIObject): { name: string; description?: string }[] {
  const sections = [...app.get(ModulesContainer).values()]
    .flatMap(({ providers }) => [...providers.values()])
    .filter(({ token }) => token === ApiSections)
    .map(({ instance }) => (instance as ApiSections).descriptions);
  const descriptions = Object.assign({}, ...sections) as Record<string, string>;
  const used = new Set(
    Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ tags = [] }: { tags?: string[] }) => tags)),
  );
  const described = Object.entries(descriptions).filter(([name]) => used.has(name));
  return [
    ...described.map(([name, description]) => ({ name, description })),
    ...[...used].filter((name) => !Object.hasOwn(descriptions, name)).map((name) => ({ name })),
  ];
}

interface BodyType {
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

/** Of a body's examples, which Nest repeats for each type, a type keeps the one that goes by its name. */
function keepOwnExamples({ paths }: OpenAPIObject): void {
  for (const { requestBody } of Object.values(paths).flatMap((path) => Object.values(path) as OperationBody[]))
    for (const [type, body] of Object.entries(requestBody?.content ?? {})) {
      const own = body.examples?.[type];
      if (!own) continue;
      body.example = own.value;
      delete body.examples;
    }
}

interface OperationBody {
  requestBody?: { content?: Record<string, BodyType> };
}

/** Always as the sender sees it, so that a schema with an id is one component wherever it stands. */
function openApiSchema(schema: z.ZodType): { schema: object; components: Record<string, object> } {
  const { $schema: _, $defs = {}, ...json } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return { schema: json, components: $defs as Record<string, object> };
}

/** Serves the document and a page to read it, which is where a browser lands; built when somebody first asks. */
export function serveOpenApi(app: INestApplication): void {
  let document: OpenAPIObject | undefined;
  app.getHttpAdapter().get('/', (_: unknown, reply: FastifyReply) => reply.redirect('/api/docs'));
  SwaggerModule.setup('api/docs', app, () => (document ??= openApi(app)), {
    jsonDocumentUrl: 'api/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Cleave API',
  });
}
