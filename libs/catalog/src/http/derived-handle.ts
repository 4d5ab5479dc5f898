/** A handle for a product that has none: "Wool Cap (Ö)" to wool-cap-o. Empty where the title has no letter or digit. */
export function derivedHandle(title: string): string {
  return title
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{Ll}\p{Lo}\p{Lm}\p{M}\p{N}]+/gu, '-')
    .replace(/^[^\p{Ll}\p{Lo}\p{N}]+/u, '')
    .slice(0, 255)
    .replace(/(?<![\p{Cs}-])[\p{Cs}-]+$/u, '');
}
