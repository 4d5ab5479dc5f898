import { protocolErrors } from '@platformatic/kafka';
import { errorMessage, errorText } from '#kernel/base';

/** What a broker answered with a code. */
export class KafkaFailure extends Error {
  constructor(
    readonly code: number,
    about: string,
  ) {
    const { id, message } = Object.values(protocolErrors).find((one) => one.code === code) ?? { id: code, message: '' };
    super(`${about}: ${id}${message ? ` (${message})` : ''}`);
    this.name = 'KafkaFailure';
  }
}

/** What lies at the bottom of an error, after what it came to. */
export function why(error: unknown): string {
  if (!(error instanceof Error)) return errorText(error);
  const [inner] = error instanceof AggregateError ? (error.errors as unknown[]) : [error.cause];
  return inner === undefined ? errorMessage(error) : `${errorMessage(error)} ${why(inner)}`;
}
