import { describe, expect, it } from '@jest/globals';
import { SeededRandomness } from '#kernel/base';
import { addMoney, InexactAmount, multiplyMoney } from './money.js';
import type { Money } from './schema.js';

const chance = new SeededRandomness('money');
const below = (end: number) => Math.floor(chance.next() * end);
const currencies = ['EUR', 'USD', 'JPY', 'KWD'];
const anyMoney = (currency = currencies[below(currencies.length)]!): Money => ({
  amount: below(2_000_001) - 1_000_000,
  currency,
});
const many = (make: () => Money) => Array.from({ length: below(12) }, make);
const often = Array.from({ length: 500 }, (_, index) => index);

describe('A sum of money', () => {
  it('is that of its amounts', () => {
    for (const _ of often) {
      const amounts = many(() => anyMoney('EUR'));
      const amount = amounts.reduce((sum, money) => sum + money.amount, 0);
      expect(addMoney(amounts, 'EUR')).toEqual({ amount, currency: 'EUR' });
    }
  });

  it('over two currencies cannot be formed, wherever among the amounts the other one stands', () => {
    for (const _ of often) {
      const [currency, other] = below(2) === 0 ? ['EUR', 'USD'] : ['JPY', 'EUR'];
      const amounts = many(() => anyMoney(currency));
      const mixed = amounts.toSpliced(below(amounts.length + 1), 0, { amount: below(3) - 1, currency: other! });
      expect(() => addMoney(mixed, currency!)).toThrow(TypeError);
    }
  });

  it('is the same in every order and grouping', () => {
    for (const _ of often) {
      const [some, others] = [many(() => anyMoney('JPY')), many(() => anyMoney('JPY'))];
      const whole = addMoney([...some, ...others], 'JPY');
      expect(addMoney([...others, ...some], 'JPY')).toEqual(whole);
      expect(addMoney([addMoney(some, 'JPY'), addMoney(others, 'JPY')], 'JPY')).toEqual(whole);
    }
  });

  it('of equal amounts is their product', () => {
    for (const _ of often) {
      const [price, quantity] = [anyMoney(), below(20)];
      const pieces = Array.from({ length: quantity }, () => price);
      expect(addMoney(pieces, price.currency).amount).toBe(multiplyMoney(price, quantity).amount + 0); // -0 is 0
      expect(multiplyMoney(price, quantity).currency).toBe(price.currency);
    }
  });

  it('of nothing is 0 of its currency', () => {
    expect(addMoney([], 'KWD')).toEqual({ amount: 0, currency: 'KWD' });
  });

  it('is refused where it could not be told exactly', () => {
    const most = { amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' };
    expect(addMoney([most], 'EUR')).toEqual(most);
    expect(() => addMoney([most, { amount: 1, currency: 'EUR' }], 'EUR')).toThrow(InexactAmount);
    expect(() => multiplyMoney(most, 2)).toThrow(InexactAmount);
  });
});
