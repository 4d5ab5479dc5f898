import { describe, expect, it } from '@jest/globals';
import type { QueryBus } from '@nestjs/cqrs';
import { SystemClock } from '#kernel/base';
import { SettledOrder } from './settled-order.js';

/** An order that is settled when it is asked for the `nth` time. */
function settledAt(nth: number) {
  let asked = 0;
  const execute = async () => ({ settled: ++asked >= nth });
  const orders = new SettledOrder({ execute } as unknown as QueryBus, new SystemClock());
  return {
    asked: () => asked,
    wait: (seconds: number, gone = new AbortController().signal) => orders.of('id', seconds, gone),
  };
}

describe('waiting for an order', () => {
  it('asks once where nobody wants to wait', async () => {
    const order = settledAt(2);
    expect(await order.wait(0)).toEqual({ settled: false });
    expect(order.asked()).toBe(1);
  });

  it('ends as soon as the order is settled', async () => {
    const order = settledAt(3);
    expect(await order.wait(30)).toEqual({ settled: true });
    expect(order.asked()).toBe(3);
  });

  it('ends when its time is up', async () => {
    expect(await settledAt(Infinity).wait(0.1)).toEqual({ settled: false });
  });

  it('ends when the client has gone', async () => {
    const client = new AbortController();
    const order = settledAt(Infinity);
    const waiting = order.wait(30, client.signal);
    client.abort();
    expect(await waiting).toEqual({ settled: false });
    expect(order.asked()).toBeLessThanOrEqual(2);
  });
});
