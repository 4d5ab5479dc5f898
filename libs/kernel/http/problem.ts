import { HttpException } from '@nestjs/common';
import * as z from 'zod';
import { failureOf, titleOf } from '#kernel/edge';
import { Failure, kernelFailure, MOST_ISSUES } from '#kernel/messages';
import { type EdgeErrorCode, edgeErrors, edgeFailure } from './edge-failure.js';

/** An error as the API tells it: problem details (RFC 9457). */
export const Problem = z
  .object({
    type: z.string().meta({ description: 'Names the kind of problem: `urn:cleave:error:<code>`.' }),
    title: z.string().meta({ description: 'The kind of problem in words, always the same for a code.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What is wrong, for humans.' }),
    code: z.string().meta({ description: 'What is wrong, for programs: stable.' }),
    traceId: z.string().meta({ description: 'Finds this request in logs and traces.' }),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .max(MOST_ISSUES)
      .optional()
      .meta({
        description:
          'Each wrong field: a JSON pointer into the body, or below /path or /query. Of more than 20 the first 20; `detail` says how many there are.',
      }),
    details: z
      .unknown()
      .optional()
      .meta({ description: 'More about the problem, in the shape that its code declares.' }),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

export const PROBLEM_TYPE = 'application/problem+json';

/** Any error as problem details. What nobody foresaw is `internal`, without a word of what it was. */
export function problemOf(error: unknown, traceId: string): Problem {
  const { code, status, message, details } = failureWithStatus(error);
  return {
    type: `urn:cleave:error:${code}`,
    title: titleOf(code),
    status,
    detail: message,
    code,
    traceId,
    ...(code === 'kernel.invalid_input' && Array.isArray(details)
      ? {
          errors: (details as { pointer: string; message: string }[]).map((field) => ({
            pointer: field.pointer,
            detail: field.message,
          })),
        }
      : details === undefined || code === 'internal'
        ? {}
        : { details }),
  };
}

/** True for an error that only a bug, or a broken machine, explains. */
export const isUnforeseen = (error: unknown): boolean =>
  !(error instanceof Failure) && failureWithStatus(error).code === 'internal';

/** A Failure as it is; Nest's and Fastify's errors by their status. */
function failureWithStatus(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const status = statusOf(error);
  if (status === 401) return kernelFailure('kernel.unauthenticated');
  if (status === 403) return kernelFailure('kernel.forbidden');
  if (status === 503) return kernelFailure('kernel.unavailable', { details: checksOf(error) });
  const known = (Object.keys(edgeErrors) as EdgeErrorCode[]).find((code) => edgeErrors[code].status === status);
  if (known) return edgeFailure(known);
  return status >= 400 && status < 500 ? edgeFailure('http.bad_request') : failureOf(error);
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  return Number((error as { statusCode?: unknown } | undefined)?.statusCode ?? 500);
}

/** What a failed health check found. */
function checksOf(error: unknown): unknown {
  return error instanceof HttpException ? (error.getResponse() as { details?: unknown }).details : undefined;
}
