import type { Money } from '#kernel/messages';
import { RowFault, shown } from './row-fault.js';

/**
 * Digits after the decimal point where ISO 4217 (list one) names another number than two. Not asked of `Intl`: it
 * follows CLDR, whose digits are those of everyday cash (HUF 0, IQD 0), and they change with the Node version.
 */
const minorDigits: Readonly<Record<string, number>> = {
  ...digits(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...digits(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...digits(4, 'CLF UYW'),
};

function digits(count: number, currencies: string): Record<string, number> {
  return Object.fromEntries(currencies.split(' ').map((currency) => [currency, count]));
}

/**
 * "50", "50.0" or "50.00" as money, exactly: the digits are moved, nothing is computed in floating point. The only
 * separator is the decimal point, since "1,299" is a thousand in one country and one in another.
 * Throws a RowFault `<what>_invalid`, `<what>_negative` or `<what>_too_precise`.
 */
export function decimalPrice(value: string, currency: string, what: 'price' | 'compare_at_price' = 'price'): Money {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
  if (whole === undefined) {
    throw new RowFault(
      `${what}_invalid`,
      `${shown(value)} is not a price: write it like 1299.00, without thousands separators`,
    );
  }
  const exponent = minorDigits[currency] ?? 2;
  if (/[1-9]/.test(fraction.slice(exponent))) {
    throw new RowFault(
      `${what}_too_precise`,
      `${shown(value)} has more than the ${exponent} decimal digits of ${currency}`,
    );
  }
  const amount = Number(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
  if (sign && amount > 0) throw new RowFault(`${what}_negative`, `${shown(value)} is negative`);
  if (!Number.isSafeInteger(amount)) throw new RowFault(`${what}_invalid`, `${shown(value)} is too large for a price`);
  return { amount, currency };
}
