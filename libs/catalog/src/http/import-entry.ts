import type { ImportedProduct, ImportRejectionCode } from '../contracts/index.js';
import type { RowFault } from './row-fault.js';

/** What a reader finds in a file. `line` is the physical line, counted from 1, on which the row, or the product, begins. */
export type ImportEntry =
  | { kind: 'product'; line: number; product: ImportedProduct }
  | { kind: 'rejected'; line: number; code: ImportRejectionCode; message: string; pointer?: string };

export const rejected = (line: number, { code, message, pointer }: RowFault): ImportEntry => ({
  kind: 'rejected',
  line,
  code,
  message,
  ...(pointer === undefined ? {} : { pointer }),
});
