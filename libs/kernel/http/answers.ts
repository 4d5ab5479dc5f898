import { applyDecorators, Header, HttpCode } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiExtension,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiSecurity,
} from '@nestjs/swagger';
import * as z from 'zod';
import { type Contract, type ErrorDeclarations, type KernelErrorCode, kernelErrors, takesKey } from '#kernel/messages';
import { type EdgeErrorCode, edgeErrors } from './edge-failure.js';
import { EXAMPLE, type OperationExample } from './openapi-examples.js';
import { type AnswerHeader, answerHeaders } from './openapi-headers.js';
import { problemResponses } from './openapi-problems.js';
import type { Limit } from '#kernel/edge';

/** The security scheme of guests in a route's documentation; the document calls it as the application does. */
export const GUEST = 'guest';

type Answered = Pick<
  Contract,
  'kind' | 'messageName' | 'access' | 'errors' | 'sensitive' | 'repeatable' | 'example'
> & {
  readonly answer: z.ZodType | undefined;
};
type AnswerOf<Of> = Of extends { readonly answer: infer Answer extends z.ZodType } ? z.output<Answer> : void;

export interface AnswersOptions<Answer extends z.ZodType | undefined = z.ZodType | undefined> {
  /** What it does, in a sentence. */
  readonly summary: string;
  readonly description?: string;
  /** The operation's name where the message's alone reads badly: `lendBook` for `lending.lend`. */
  readonly operationId?: string;
  /** `required`: a request without Idempotency-Key is refused. */
  readonly idempotencyKey?: 'required';
  /** `text`: whole and untouched, of any type. Else what is taken as an Upload: an example of each type. */
  readonly body?: 'text' | Readonly<Record<string, string>>;
  /** What it counts as: `writes` where the contract is a command, else `reads`. `none`: for callers who can be trusted. */
  readonly limit?: Limit | 'none';
  /** That it will go: Deprecation (RFC 9745) since a day, Sunset (RFC 8594) on another, both like 2027-01-31; where to read more. */
  readonly deprecated?: { readonly since: string; readonly sunset?: string; readonly link?: string };
  /** Where the edge makes its own answer of the contract's. */
  readonly answer?: Answer;
  /** What the edge itself refuses, beyond what the contract declares. */
  readonly errors?: ErrorDeclarations;
  /** What the answer tells in headers. */
  readonly headers?: readonly AnswerHeader[];
  /** What is shown where the edge takes or gives something else than the contract's example. */
  readonly example?: OperationExample;
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
  const { summary, description = '', idempotencyKey, body, errors = {}, headers = [], deprecated } = options;
  const { limit = contract.kind === 'command' ? 'writes' : 'reads' } = options;
  const answer = options.answer ?? contract.answer;
  const { access } = contract;
  const { input, output } = contract.example ?? {};
  const example: OperationExample = {
    input,
    answer: options.answer ? firstExample(options.answer) : output,
    ...options.example,
  };
  const problems = problemResponses({
    ...contract.errors,
    ...errors,
    ...commonErrors(contract, limit, idempotencyKey),
  });
  return applyDecorators(
    HttpCode(status),
    RouteConfig({ access, limit, ...(idempotencyKey ? { idempotencyKey } : {}), ...(body ? { body } : {}) }),
    ApiOperation({
      operationId: options.operationId ?? operationId(contract.messageName),
      summary,
      description,
      deprecated: deprecated !== undefined,
    }),
    ApiExtension(EXAMPLE, example),
    ApiResponse({
      status,
      description: 'Done.',
      headers: answerHeaders(headers),
      ...(answer ? { standardSchema: answer } : {}),
    }),
    ...Object.entries(problems).map(([refused, response]) => ApiResponse({ status: Number(refused), ...response })),
    ...(deprecated ? farewell(deprecated) : []),
    ...(access.kind === 'anyone' ? [ApiSecurity({})] : [Header('Cache-Control', 'private, no-store')]),
    ApiBearerAuth(),
    ...(access.kind === 'owner' ? [ApiSecurity(GUEST)] : []),
    ...(takesKey(contract) ? [ApiHeader({ ...idempotencyHeader, required: idempotencyKey === 'required' })] : []),
    ...(body ? rawBody(body === 'text' ? { '*/*': '' } : body) : []),
  ) as Documented<never>;
}

/** The examples go by their type; each type keeps its own in the document. */
function rawBody(types: Readonly<Record<string, string>>): MethodDecorator[] {
  const examples = Object.fromEntries(
    Object.entries(types).flatMap(([type, value]) => (value ? [[type, { value }]] : [])),
  );
  const shown = Object.keys(examples).length > 0 ? { examples } : {};
  return [ApiConsumes(...Object.keys(types)), ApiBody({ schema: { type: 'string' }, ...shown })];
}

const firstExample = (schema: z.ZodType): unknown => (schema.meta()?.['examples'] as unknown[] | undefined)?.[0];

const idempotencyHeader = {
  name: 'Idempotency-Key',
  description: 'The same key for each repeat of one request: it is carried out once and answered alike.',
  example: '0199f3a2-7c1e-7abc-8def-0123456789ab',
  schema: { type: 'string' as const, minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
};

function farewell({ since, sunset, link }: NonNullable<AnswersOptions['deprecated']>): MethodDecorator[] {
  return [
    Header('Deprecation', `@${Date.parse(since) / 1_000}`),
    // oxlint-disable-next-line cleave/deterministic -- formatting a given day reads no clock
    ...(sunset ? [Header('Sunset', new Date(sunset).toUTCString())] : []),
    ...(link ? [Header('Link', `<${link}>; rel="deprecation"`)] : []),
  ];
}

/** `lending.lend-book.v1` → `lendBook`. */
function operationId(messageName: string): string {
  const [, message = ''] = messageName.split('.');
  return message.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** What the edge and the kernel may answer to any request of this kind. */
function commonErrors(
  contract: Answered,
  limit: Limit | 'none',
  idempotencyKey: 'required' | undefined,
): ErrorDeclarations {
  const { access, sensitive } = contract;
  const changes = contract.kind === 'command';
  const edge: EdgeErrorCode[] = [
    'http.bad_request',
    'http.request_timeout',
    'http.headers_too_large',
    ...(changes
      ? ([
          'http.bad_json',
          'http.idempotency_key_invalid',
          'http.payload_too_large',
          'http.unsupported_media_type',
          'http.unsupported_encoding',
        ] as const)
      : []),
    ...(idempotencyKey ? (['http.idempotency_key_required'] as const) : []),
    ...(limit === 'none' ? [] : (['http.too_many_requests'] as const)),
  ];
  const kernel: KernelErrorCode[] = [
    'kernel.invalid_input',
    'kernel.unauthenticated',
    ...(access.kind === 'permission' ? (['kernel.forbidden'] as const) : []),
    ...(takesKey(contract) ? (['kernel.call_id_reused'] as const) : []),
    ...(takesKey(contract) && sensitive ? (['kernel.answer_not_kept'] as const) : []),
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
