import type { Money } from '#kernel/messages';

interface Priced {
  readonly price: Money;
  readonly compareAtPrice: Money | null;
}

/** Where prices are in another currency than the shop's; each with a JSON pointer (RFC 6901) into the product. */
export function currencyProblems(
  variants: readonly Priced[],
  currency: string,
): { pointer: string; message: string }[] {
  const message = `The prices of this shop are in ${currency}`;
  return variants.flatMap(({ price, compareAtPrice }, index) =>
    Object.entries({ price, compareAtPrice })
      .filter(([, money]) => money !== null && money.currency !== currency)
      .map(([field]) => ({ pointer: `/variants/${index}/${field}`, message })),
  );
}
