import { types } from 'node:util';
import { type Fields, isDatabaseError, safeMessage } from './safe-message.js';

/** All that is told of an error, in logs and wherever else it is shown or kept. What it carries besides stays untold. */
export interface ErrorReport {
  readonly type: string;
  readonly code?: string | number;
  readonly message: string;
  readonly stack?: string;
  /** Of PostgreSQL's errors. */
  readonly severity?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  readonly routine?: string;
  readonly cause?: ErrorReport;
  readonly errors?: readonly ErrorReport[];
}

const OF_DATABASES = ['severity', 'schema', 'table', 'column', 'constraint', 'routine'] as const;
/** Causes of causes, and errors of one: what lies beyond tells nobody anything. */
const DEEPEST = 5;
const MOST = 10;

const reports = new WeakSet<object>();

/**
 * An error as it may be logged: libraries hang rows, parameters, payloads and whole requests on theirs (pg's `detail`,
 * TypeORM's `parameters`, ioredis' `command`), so that fields are named here, and all others left out.
 */
export function errorReport(error: unknown): ErrorReport {
  return reportOf(error, 0);
}

function reportOf(error: unknown, depth: number): ErrorReport {
  if (typeof error === 'object' && error !== null && reports.has(error)) return error as ErrorReport;
  const report = isError(error)
    ? told(error, depth)
    : { type: typeof error, message: 'something was thrown that is no error' };
  reports.add(report);
  return report;
}

function told(error: Error, depth: number): ErrorReport {
  const fields = error as unknown as Fields;
  const { code, cause, errors } = fields;
  const nested = (one: unknown): ErrorReport => reportOf(one, depth + 1);
  return {
    type: typeOf(error),
    ...(isWord(code) || typeof code === 'number' ? { code } : {}),
    message: safeMessage(error),
    stack: errorStack(error),
    ...(isDatabaseError(fields)
      ? Object.fromEntries(
          OF_DATABASES.flatMap((name) => (typeof fields[name] === 'string' ? [[name, fields[name]]] : [])),
        )
      : {}),
    ...(cause !== undefined && depth < DEEPEST ? { cause: nested(cause) } : {}),
    ...(Array.isArray(errors) && depth < DEEPEST ? { errors: errors.slice(0, MOST).map(nested) } : {}),
  };
}

/** In one line: its type and its safe message. */
export function errorText(error: unknown): string {
  if (!isError(error)) return errorReport(error).message;
  const message = errorMessage(error);
  return message === '' ? typeOf(error) : `${typeOf(error)}: ${message}`;
}

/** Its safe message alone; the code of an error that has none, as an AggregateError of refused connections. */
export function errorMessage(error: unknown): string {
  if (!isError(error)) return errorReport(error).message;
  const { code } = error as { code?: unknown };
  return safeMessage(error) || (isWord(code) ? code : '');
}

/** As `errorText`, with the places in the code that led to it. */
export function errorStack(error: unknown): string {
  const frames = isError(error) ? framesOf(error) : [];
  return [errorText(error), ...frames].join('\n');
}

/** A stack begins with the message as it was when the error was made, of any number of lines. */
function framesOf({ stack, message }: Error): string[] {
  if (typeof stack !== 'string') return [];
  const after = stack.indexOf(message);
  const rest = after < 0 ? stack : stack.slice(after + message.length);
  return rest.split('\n').filter((line) => FRAME.test(line));
}

const FRAME = /^\s+at .*(?::\d+:\d+|<anonymous>|native|index \d+)\)?$/;

/** Errors of another realm, as those of Node itself in a test, are none by `instanceof`. */
export const isError = (error: unknown): error is Error => error instanceof Error || types.isNativeError(error);

/** pg calls its own `error`. */
function typeOf(error: Error): string {
  if (isDatabaseError(error as unknown as Fields)) return 'DatabaseError';
  return isWord(error.name) ? error.name : 'Error';
}

const isWord = (value: unknown): value is string => typeof value === 'string' && /^[\w$.-]{1,100}$/.test(value);
