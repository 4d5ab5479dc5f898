import { applyDecorators, HttpCode } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiSecurity,
} from '@nestjs/swagger';
import * as z from 'zod';
import { type ErrorDeclarations, type KernelErrorCode, kernelErrors } from '../messages/failure.js';
import type { Contract } from '../messages/message.js';
import { type EdgeErrorCode, edgeErrors } from './edge-failure.js';
import { PROBLEM_TYPE } from './problem.js';

type Answered = Pick<Contract, 'kind' | 'messageName' | 'access' | 'errors' | 'sensitive'> & {
  readonly answer: z.ZodType | undefined;
};
type AnswerOf<Of> = Of extends { readonly answer: infer Answer extends z.ZodType } ? z.output<Answer> : void;

export interface AnswersOptions<Answer extends z.ZodType | undefined = z.ZodType | undefined> {
  /** What it does, in a sentence. */
  readonly summary: string;
  readonly description?: string;
  /** `required`: a request without Idempotency-Key is refused. */
  readonly idempotencyKey?: 'required';
  /** `text`: whole and untouched, of any type. Else what is taken as an Upload: an example of each type. */
  readonly body?: 'text' | Readonly<Record<string, string>>;
  /** Where the edge makes its own answer of the contract's. */
  readonly answer?: Answer;
  /** What the edge itself refuses, beyond what the contract declares. */
  readonly errors?: ErrorDeclarations;
}

type Documented<Answer> = <Method extends (...parameters: never[]) => Promise<Answer>>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * Says that a route answers with a contract's answer and errors: sets the status, documents all of it in OpenAPI, and
 * lets the edge refuse strangers early. The method's type must fit the contract.
 */
export function Answers<const Of extends Answered, Answer extends z.ZodType | undefined = undefined>(
  status: number,
  contract: Of,
  options: AnswersOptions<Answer>,
): Documented<Answer extends z.ZodType ? z.output<Answer> : AnswerOf<Of>> {
  const { summary, description = '', idempotencyKey, body, errors = {} } = options;
  const answer = options.answer ?? contract.answer;
  const { access } = contract;
  return applyDecorators(
    HttpCode(status),
    RouteConfig({ access, ...(idempotencyKey ? { idempotencyKey } : {}), ...(body ? { body } : {}) }),
    ApiOperation({ operationId: operationId(contract.messageName), summary, description }),
    ApiResponse({ status, description: 'Done.', ...(answer ? { standardSchema: answer } : {}) }),
    ...problems({ ...contract.errors, ...errors, ...commonErrors(contract, idempotencyKey) }),
    ...(access.kind !== 'anyone' ? [ApiBearerAuth()] : []),
    ...(access.kind === 'owner' ? [ApiSecurity('cartToken')] : []),
    ...(contract.kind === 'command'
      ? [ApiHeader({ ...idempotencyHeader, required: idempotencyKey === 'required' })]
      : []),
    ...(body ? rawBody(body === 'text' ? { '*/*': '' } : body) : []),
  ) as Documented<never>;
}

/** The examples go by their type; each type keeps its own in the document. */
function rawBody(types: Readonly<Record<string, string>>): MethodDecorator[] {
  const examples = Object.fromEntries(
    Object.entries(types).flatMap(([type, value]) => (value ? [[type, { value }]] : [])),
  );
  return [ApiConsumes(...Object.keys(types)), ApiBody({ schema: { type: 'string' }, examples })];
}

const idempotencyHeader = {
  name: 'Idempotency-Key',
  description: 'The same key for each repeat of one request: it is carried out once and answered alike.',
  schema: { type: 'string' as const, minLength: 1, maxLength: 255 },
};

/** `ordering.place-order.v1` → `placeOrder`. */
function operationId(messageName: string): string {
  const [, message = ''] = messageName.split('.');
  return message.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** What the edge and the kernel may answer to any request of this kind. */
function commonErrors(
  { kind, access, sensitive }: Answered,
  idempotencyKey: 'required' | undefined,
): ErrorDeclarations {
  const changes = kind === 'command';
  const edge: EdgeErrorCode[] = [
    'http.bad_request',
    ...(changes
      ? ([
          'http.bad_json',
          'http.idempotency_key_invalid',
          'http.payload_too_large',
          'http.unsupported_media_type',
        ] as const)
      : []),
    ...(idempotencyKey ? (['http.idempotency_key_required'] as const) : []),
  ];
  const kernel: KernelErrorCode[] = [
    'kernel.invalid_input',
    'kernel.unauthenticated',
    ...(access.kind === 'permission' ? (['kernel.forbidden'] as const) : []),
    ...(changes ? (['kernel.call_id_reused'] as const) : []),
    ...(changes && sensitive ? (['kernel.answer_not_kept'] as const) : []),
    'internal',
    'kernel.unavailable',
    'kernel.deadline_exceeded',
    'kernel.outcome_unknown',
  ];
  return Object.fromEntries([
    ...edge.map((code) => [code, edgeErrors[code]]),
    ...kernel.map((code) => [code, kernelErrors[code]]),
  ]);
}

/** One response for each status, with the codes that come with it. */
function problems(errors: ErrorDeclarations): MethodDecorator[] {
  const byStatus = Map.groupBy(Object.entries(errors), ([, { status }]) => status);
  return [...byStatus].map(([status, declared]) => {
    const details = declared.flatMap(([, error]) => (error.details ? [jsonSchema(error.details)] : []));
    return ApiResponse({
      status,
      description: declared.map(([code, { message }]) => `- \`${code}\`: ${message ?? ''}`).join('\n'),
      content: {
        [PROBLEM_TYPE]: {
          schema: {
            allOf: [
              { $ref: '#/components/schemas/Problem' },
              {
                type: 'object',
                properties: {
                  code: { type: 'string', enum: declared.map(([code]) => code) },
                  ...(details.length > 0 ? { details: { anyOf: details } } : {}),
                },
              },
            ],
          },
        },
      },
    });
  });
}

function jsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return json;
}
