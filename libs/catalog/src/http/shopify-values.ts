import type { ImportedProduct } from '../contracts/imported-product.js';
import { RowFault, shown } from './row-fault.js';

/** What Status and Published say together. Both are blank where the file is older than they are. */
export function productStatus(given: string, published: string): ImportedProduct['status'] {
  if (!['', 'true', 'false'].includes(published.toLowerCase())) {
    throw new RowFault('published_unknown', `Published is ${shown(published)} and neither true nor false`);
  }
  switch (given.toLowerCase()) {
    case '':
    case 'active':
      return published.toLowerCase() === 'false' ? 'draft' : 'published';
    case 'draft':
    // For sale to whoever has the link. Nothing here is like it, and to publish it would show it to everybody.
    case 'unlisted':
      return 'draft';
    case 'archived':
      return 'archived';
    default:
      throw new RowFault(
        'status_unknown',
        `The status ${shown(given)} is none of active, draft, archived and unlisted`,
      );
  }
}

/** A whole number, also written "10.0"; null when blank. */
export function integer(value: string, what: 'quantity' | 'image_position'): number | null {
  if (value === '') return null;
  if (!/^[+-]?\d+(?:\.0*)?$/.test(value))
    throw new RowFault(`${what}_invalid`, `${shown(value)} is not a whole number`);
  return Number(value);
}

/** Shopify counts below zero when it sells what it does not have. There is nothing in stock then. */
export function quantity(value: string): number | null {
  const given = integer(value, 'quantity');
  return given === null ? null : Math.max(0, given);
}

/** To the nearest gram: weights entered in pounds or ounces come as fractions. */
export function grams(value: string): number | null {
  if (value === '') return null;
  if (!/^\d+(?:\.\d*)?$/.test(value)) throw new RowFault('grams_invalid', `${shown(value)} is not a weight in grams`);
  return Math.round(Number(value));
}

/** Without the apostrophe that keeps a spreadsheet from reading "'00123" as a number. */
export const unprotected = (value: string): string | null => orNull(value.replace(/^'/, '').trim());
export const orNull = (value: string): string | null => (value === '' ? null : value);
