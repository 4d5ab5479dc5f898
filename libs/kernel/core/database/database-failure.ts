import { Failure, kernelFailure } from '#kernel/messages';

/**
 * States after which the same statement may succeed: serialization failure, deadlock, lock and transaction time-outs,
 * lost connections, a server that starts or stops, too many connections (PostgreSQL, appendix A).
 */
const passing = /^(40001|40P01|55P03|25P0[34]|57014|57P0[1-5]|08...|53300)$/;
const network = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND)$/;
const lost =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;

/** True for an error that says the database was away or too busy, and not that the statement was wrong. */
export function isPassing(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code = '', message = '', cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
  if (passing.test(String(code)) || network.test(String(code)) || lost.test(String(message))) return true;
  return cause !== undefined && isPassing(cause);
}

/** Another transaction was in the way: done again at once, it may succeed. */
export function isConflict(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: string; cause?: unknown };
  return code === '40001' || code === '40P01' || (cause !== undefined && isConflict(cause));
}

/** A passing database error becomes `kernel.unavailable`; everything else stays what it is. */
export function asFailure(error: unknown): unknown {
  return !(error instanceof Failure) && isPassing(error)
    ? kernelFailure('kernel.unavailable', { cause: error })
    : error;
}

/** PostgreSQL's unique violation (23505), of the named constraint where one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const { code, constraint: broken } = (error ?? {}) as { code?: string; constraint?: string };
  return code === '23505' && (constraint === undefined || constraint === broken);
}
