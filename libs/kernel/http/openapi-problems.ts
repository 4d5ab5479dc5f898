import * as z from 'zod';
import { titleOf } from '#kernel/edge';
import { type ErrorDeclaration, type ErrorDeclarations, kernelErrors } from '#kernel/messages';
import { edgeErrors } from './edge-failure.js';
import { sampleOf } from './openapi-examples.js';
import { headersOfProblem } from './openapi-headers.js';
import { type Problem, PROBLEM_TYPE } from './problem.js';

/** One response for each status: the codes that come with it, in words and as an enumeration, and an example of each. */
export function problemResponses(errors: ErrorDeclarations) {
  const byStatus = Map.groupBy(Object.entries(errors), ([, { status }]) => status);
  return Object.fromEntries(
    [...byStatus].map(([status, declared]) => {
      const details = declared.flatMap(([, error]) => (error.details ? [jsonSchema(error.details)] : []));
      const code = { type: 'string', enum: declared.map(([name]) => name) };
      const properties = {
        code,
        ...(details.length > 0 ? { details: details.length > 1 ? { anyOf: details } : details[0] } : {}),
      };
      const response = {
        description: declared.map(([name, { message }]) => `- \`${name}\`: ${message ?? ''}`).join('\n'),
        headers: headersOfProblem(status),
        content: {
          [PROBLEM_TYPE]: {
            schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', properties }] },
            examples: Object.fromEntries(declared.map(([name, error]) => [name, exampleOf(name, error)])),
          },
        },
      };
      return [String(status), response];
    }),
  );
}

/** The errors of the kernel and the edge that stand alone for a status: the same response wherever they come. */
export function sharedResponses() {
  const errors: [string, ErrorDeclaration][] = Object.entries({ ...edgeErrors, ...kernelErrors });
  return Object.fromEntries(
    errors.map(([code, error]) => [code, Object.values(problemResponses({ [code]: error }))[0]!]),
  );
}

function exampleOf(code: string, { status, message = code, details }: ErrorDeclaration): { value: Problem } {
  return {
    value: {
      type: `urn:cleave:error:${code}`,
      title: titleOf(code),
      status,
      detail: message,
      code,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      ...(code === 'kernel.invalid_input' ? { errors: [{ pointer: '/quantity', detail: 'must be a number' }] } : {}),
      ...(details ? { details: sampleOf(jsonSchema(details)) } : {}),
    },
  };
}

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return json;
}
