import { hash } from 'node:crypto';

/** Before every id there is. */
export const newest = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
export const oldest = '00000000-0000-0000-0000-000000000000';

/** What was asked, in eight bytes: a cursor is good for one question alone. */
export const question = (...asked: unknown[]): string => hash('sha256', JSON.stringify(asked), 'hex').slice(0, 16);

/** Hexadecimal pieces, ids among them, as base64url. */
export const cursorOf = (...pieces: readonly string[]): string =>
  Buffer.from(pieces.join('').replaceAll('-', ''), 'hex').toString('base64url');

/** The hexadecimal digits of a cursor that begins with `asked` and has `length` more; undefined: it is another one. */
export function digitsOf(cursor: string, asked: string, length: number): string | undefined {
  const digits = Buffer.from(cursor, 'base64url').toString('hex');
  const ours = digits.length === asked.length + length && digits.startsWith(asked) && cursorOf(digits) === cursor;
  return ours ? digits.slice(asked.length) : undefined;
}

export const idAt = (digits: string, place: number): string =>
  digits.slice(place, place + 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
