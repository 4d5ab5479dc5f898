/** The word that somebody meant who wrote another: the one that takes the fewest changes, three at most and fewer for short words. */
export function nearest(written: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((word) => ({ word, changes: changesBetween(written.toLowerCase(), word) }))
    .toSorted((one, other) => one.changes - other.changes);
  return best && best.changes <= Math.min(3, Math.ceil(best.word.length / 3)) ? best.word : undefined;
}

/** The end of a sentence: what somebody may have meant, else what is right. */
export function meant(written: string, words: readonly string[], otherwise: string): string {
  const word = nearest(written, words);
  return word === undefined ? `: ${otherwise}` : `: did you mean "${word}"?`;
}

/** `a, b and c` */
export const listed = (words: readonly (string | number)[], last = 'and'): string =>
  [words.slice(0, -1).join(', '), words.at(-1)].filter((part) => part !== '').join(` ${last} `);
/** `a, b or c` */
export const either = (words: readonly (string | number)[]): string => listed(words, 'or');

/** Letters to add, remove or replace (Levenshtein). */
function changesBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of one.split('').entries()) {
    const next = [index + 1];
    for (const [column, against] of other.split('').entries())
      next.push(Math.min(row[column]! + (letter === against ? 0 : 1), row[column + 1]! + 1, next[column]! + 1));
    row = next;
  }
  return row.at(-1)!;
}
