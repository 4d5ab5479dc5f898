import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import * as z from 'zod';
import { Problem } from './problem.js';

/** The OpenAPI 3.1 document of the controllers that are loaded. */
export function openApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Cleave')
    .setDescription('The API of the shop. Every error is problem details (RFC 9457) with a stable `code`.')
    .setVersion('1')
    .addServer('/')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An access token from `login`.',
    })
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-Cart-Token', description: 'The token that came with a guest’s cart.' },
      'cartToken',
    )
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    standardSchemaConverter: (schema) => (schema instanceof z.ZodType ? openApiSchema(schema) : undefined),
  });
  keepOwnExamples(document);
  const schemas = { ...document.components?.schemas, ...openApiSchema(Problem).components };
  return { ...document, components: { ...document.components, schemas } } as OpenAPIObject;
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

/** Serves the document and a page to read it; built when somebody first asks. */
export function serveOpenApi(app: INestApplication): void {
  let document: OpenAPIObject | undefined;
  SwaggerModule.setup('api/docs', app, () => (document ??= openApi(app)), {
    jsonDocumentUrl: 'api/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Cleave API',
  });
}
