import type { ImportRejectionCode } from '../contracts/index.js';

/** What follows `catalog.import.` in the code. */
export type Fault = ImportRejectionCode extends infer Code
  ? Code extends `catalog.import.${infer What}`
    ? What
    : never
  : never;

/** Why a row or line cannot be imported. Caught where rows are read, and told as a rejected entry. */
export class RowFault extends Error {
  override readonly name = 'RowFault';
  readonly code: ImportRejectionCode;

  constructor(
    what: Fault,
    message: string,
    /** A JSON pointer (RFC 6901) into the line. */
    readonly pointer?: string,
  ) {
    super(message);
    this.code = `catalog.import.${what}`;
  }
}

/** What `read` returns, or the fault that it throws. */
export function tried<Value>(read: () => Value): Value | RowFault {
  try {
    return read();
  } catch (error) {
    if (error instanceof RowFault) return error;
    throw error;
  }
}

/** A value from the file, quoted and cut short, to stand in a message. */
export const shown = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
