import type { Product } from './contracts/product.js';

/** So many characters of each are searched: PostgreSQL keeps at most 1 MiB of words for a row. */
const MOST_KEYWORDS = 100_000;
const MOST_DESCRIPTION = 20_000;

/** Text as it is compared: in small letters, without accents, words parted by blanks. */
export const searchable = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();

/** The words of a product, the weightiest first. */
export function wordsOf({ title, category, vendor, tags, variants, description }: Product) {
  const keywords = [category, vendor, ...tags, ...variants.map(({ sku }) => sku)].join(' ').slice(0, MOST_KEYWORDS);
  const prose = description
    .slice(0, MOST_DESCRIPTION)
    .replaceAll(/<[^<>]*>/g, ' ')
    .replaceAll(/&#?\w+;/g, ' ');
  return { title: searchable(title), keywords: searchable(keywords), prose: searchable(prose) };
}

const part = /(-?)"([^"]*)"?|(-?)(\S+)/g;

/**
 * What was typed, as websearch_to_tsquery reads it: words, "words in order", -without, or. `open` where the last word
 * may be the beginning of a longer one; undefined where nothing is left to search for.
 */
export function searchOf(typed: string): { readonly words: string; readonly open: boolean } | undefined {
  let open = false;
  const parts = [...typed.matchAll(part)].flatMap(([, notPhrase, phrase, notWord, word]) => {
    const words = searchable(phrase ?? word ?? '');
    if (words === '') return [];
    const without = (notPhrase ?? notWord) === '-';
    open = phrase === undefined && !without && words !== 'or';
    return [without ? `-"${words}"` : phrase === undefined ? words : `"${words}"`];
  });
  return parts.length === 0 ? undefined : { words: parts.join(' '), open };
}
