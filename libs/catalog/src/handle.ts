/** How many same-named products get a number before chance decides. */
const NUMBERED = 20;
const LONGEST = 240;

/**
 * Handles for a product that came without one, the best first: from its title, numbered where that is taken, and in the
 * end with a piece of its id.
 */
export function handlesFor(title: string, id: string): string[] {
  const slug =
    title
      .normalize('NFKD')
      .replaceAll(/[\u0300-\u036f]/g, '')
      .normalize('NFC')
      .toLowerCase()
      .replaceAll(/[^\p{Ll}\p{Lo}\p{Lm}\p{M}\p{N}]+/gu, '-')
      .replace(/^[^\p{Ll}\p{Lo}\p{N}]+/u, '')
      .slice(0, LONGEST)
      .replace(/(?<![\p{Cs}-])[\p{Cs}-]+$/u, '') || 'product';
  const numbered = Array.from({ length: NUMBERED - 1 }, (_, index) => `${slug}-${index + 2}`);
  return [slug, ...numbered, `${slug}-${id.slice(-12)}`];
}
