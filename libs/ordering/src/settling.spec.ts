import { describe, expect, it } from '@jest/globals';
import type { OrderState } from './order.js';
import { Settling } from './settling.js';

const order = { id: 'a' } as OrderState;

describe('waiting where an order is settled', () => {
  it('ends for all who wait for that order, and for nobody else', async () => {
    const settling = new Settling();
    const all = [settling.await('a', 10_000), settling.await('a', 10_000), settling.await('b', 1)];
    settling.tell(order);
    expect(await Promise.all(all)).toEqual([order, order, undefined]);
  });

  it('is for so many at once, and for others when some have ended', async () => {
    const settling = new Settling();
    const all = Array.from({ length: 32 }, () => settling.await('a', 10_000));
    expect(await settling.await('a', 10_000)).toBeUndefined();
    settling.tell(order);
    await Promise.all(all);
    const next = settling.await('a', 10_000);
    settling.tell(order);
    expect(await next).toBe(order);
  });
});
