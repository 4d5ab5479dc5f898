/**
 * An SKU for a variant that has none, the same on each import of the same file: the handle and the option values in
 * capitals, such as CLASSIC-VARSITY-TOP-SMALL. Compatibility forms and Latin accents are folded (NFKD, "É" to "E");
 * letters of other scripts stay. An SKU in `taken` is evaded by -2, -3 and so on.
 */
export function derivedSku(handle: string, optionValues: readonly string[], taken: ReadonlySet<string>): string {
  const plain = [handle, ...optionValues]
    .map(capitals)
    .filter((part) => part !== '')
    .join('-');
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${number}`;
    const sku = plain.slice(0, 255 - suffix.length) + suffix;
    if (!taken.has(sku)) return sku;
  }
}

function capitals(value: string): string {
  return value
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toUpperCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
}
