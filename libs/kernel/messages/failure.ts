import type * as z from 'zod';

/** One error that a contract declares: its HTTP status, a sentence for humans, the shape of its details. */
export interface ErrorDeclaration {
  readonly status: number;
  readonly message?: string;
  readonly details?: z.ZodType;
}

export type ErrorDeclarations = Readonly<Record<string, ErrorDeclaration>>;

/** What an error looks like where it crosses a boundary; the same on every transport. */
export interface FailureEnvelope {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly details?: unknown;
}

/**
 * The one error type that crosses boundaries: a stable `code`, an HTTP `status`, `details` that the contract declares.
 * `retryable` says that the same request may succeed later and that nothing has happened yet.
 */
export class Failure extends Error implements FailureEnvelope {
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly details?: unknown;

  constructor(envelope: FailureEnvelope, options?: { cause?: unknown }) {
    super(envelope.message, options);
    this.name = 'Failure';
    this.code = envelope.code;
    this.status = envelope.status;
    this.retryable = envelope.retryable;
    if (envelope.details !== undefined) this.details = envelope.details;
  }

  toEnvelope(): FailureEnvelope {
    const { code, message, status, retryable, details } = this;
    return { code, message, status, retryable, ...(details === undefined ? {} : { details }) };
  }
}

/** Every error that the kernel itself may answer with. Contracts need not declare these. */
export const kernelErrors = {
  'kernel.invalid_input': { status: 422, message: 'The request does not have the shape that its contract declares.' },
  'kernel.unauthenticated': { status: 401, message: 'This needs a valid access token.' },
  'kernel.forbidden': { status: 403, message: 'The caller lacks the permission that this needs.' },
  'kernel.call_id_reused': { status: 422, message: 'This idempotency key was used before with another request.' },
  'kernel.answer_not_kept': {
    status: 409,
    message: 'A request with this idempotency key was carried out before; its answer holds a secret and was not kept.',
  },
  'kernel.call_inside_transaction': {
    status: 500,
    message:
      'A handler called another context inside a transaction. Ask before the transaction (@WithoutTransaction) or send.',
  },
  'kernel.deadline_exceeded': {
    status: 504,
    message: 'The deadline passed before this was carried out; nothing happened.',
  },
  'kernel.outcome_unknown': {
    status: 504,
    message:
      'No answer came before the deadline: it may or may not have been carried out. Repeat it with the same idempotency key.',
  },
  'kernel.unavailable': {
    status: 503,
    message: 'The part of the system that answers this cannot be reached just now.',
  },
  'kernel.request_too_large': {
    status: 413,
    message: 'The request is larger than what the parts of the system send each other; nothing happened.',
  },
  'kernel.answer_too_large': {
    status: 500,
    message: 'The answer is larger than what the parts of the system send each other.',
  },
  'kernel.no_handler': { status: 500, message: 'No context that runs here owns this message.' },
  internal: { status: 500, message: 'Something went wrong on our side.' },
} as const satisfies ErrorDeclarations;

export type KernelErrorCode = keyof typeof kernelErrors;

/** Makes one of the kernel's own errors. `message` replaces the catalogue's sentence where a better one is known. */
export function kernelFailure(
  code: KernelErrorCode,
  options: { message?: string; details?: unknown; cause?: unknown } = {},
): Failure {
  const { status, message } = kernelErrors[code];
  return new Failure(
    { code, status, message: options.message ?? message, retryable: status === 503, details: options.details },
    { cause: options.cause },
  );
}
