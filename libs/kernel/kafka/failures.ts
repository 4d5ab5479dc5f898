import { findErrorBy, MultipleErrors, ProtocolError, ResponseError, UserError } from '@platformatic/kafka';
import { errorMessage, errorText } from '#kernel/base';

/** The error code that a broker answered with, by its name in the protocol; undefined where no broker answered. */
export const refusalOf = (error: unknown): string | undefined => protocolError(error)?.['apiId'] as string | undefined;

/** The answer of a broker, parts of which are errors; undefined where none answered. */
export function responseIn<Response>(error: unknown): Response | undefined {
  const [found] = error instanceof ResponseError ? [error] : error instanceof MultipleErrors ? error.errors : [];
  return found instanceof ResponseError ? (found['response'] as Response) : undefined;
}

/** The library's answer where a topic is not there. */
export const isUnknownTopic = (error: unknown): boolean => error instanceof UserError;

/** The message of an error, and of the causes below it. */
export function reasonOf(error: unknown): string {
  const refusal = protocolError(error);
  if (refusal) return `${refusal['apiId']} (${refusal['serverErrorMessage'] ?? refusal.message})`;
  if (!(error instanceof Error)) return errorText(error);
  const [inner] = error instanceof AggregateError ? (error.errors as unknown[]) : [error.cause];
  return inner === undefined ? errorMessage(error) : `${errorMessage(error)} ${reasonOf(inner)}`;
}

function protocolError(error: unknown): ProtocolError | undefined {
  if (!(error instanceof Error)) return undefined;
  return findErrorBy<ProtocolError>(error, 'code', ProtocolError.code) ?? protocolError(error.cause);
}
