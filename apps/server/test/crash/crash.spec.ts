import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { SeededRandomness } from '#kernel';
import { until } from '#kernel/testing';
import { RunningServer } from '../running-server.js';
import { Shop } from '../shop.js';
import { Books, type OrderRow } from './books.js';
import { Buyer } from './buyer.js';

const faults = Number(process.env['CLEAVE_CRASH_FAULTS'] ?? 20);
const seed = process.env['CLEAVE_CRASH_SEED'] ?? String(Date.now());
const skus = ['CRASH-A', 'CRASH-B', 'CRASH-C', 'CRASH-D', 'CRASH-E'];
const starting = Object.fromEntries(skus.map((sku, index) => [sku, index === 0 ? 40 : 1_000_000]));
const over = ['confirmed', 'rejected', 'expired', 'cancelled'];

describe('a server that is killed again and again', () => {
  it(
    `loses no order, doubles none and keeps stock and money right (${faults} faults, CLEAVE_CRASH_SEED=${seed})`,
    async () => {
      process.stdout.write(`crash: ${faults} faults from seed ${seed}\n`);
      const chance = new SeededRandomness(seed);
      const server = await RunningServer.start({ env: { CLEAVE_DEMO: 'off', ORDERING_PAYMENT_TIMEOUT: '6' } });
      const shop = new Shop(server);
      for (const sku of skus) await shop.sell(sku, starting[sku]!);

      const patience = new AbortController();
      const buyers = Array.from(
        { length: 6 },
        (_, index) => new Buyer(server.url, new SeededRandomness(`${seed} ${index}`), skus, patience.signal),
      );
      const shopping = Promise.all(buyers.map((buyer) => buyer.shop()));
      for (let fault = 1; fault <= faults; fault++) {
        await Promise.race([pause(chance.next() * 1_500), shopping]); // a buyer who was refused ends the test at once
        await server.kill();
        await server.launch();
        if (fault % 20 === 0) process.stdout.write(`crash: ${fault} faults\n`);
      }
      patience.abort();
      await shopping;

      const books = await Books.open(server);
      try {
        const promised = new Map(buyers.flatMap((buyer) => [...buyer.promised]));
        await until(async () => (await books.orders()).every(isOver), 'every order ends', 60);
        await until(async () => (await books.parked()).length === 0, 'no message waits', 30);
        const orders = await books.orders();
        process.stdout.write(
          `crash: ${orders.length} orders: ${JSON.stringify(
            Object.groupBy(orders, ({ status }) => status),
            (_, value: unknown) =>
              Array.isArray(value) && value[0] && 'cart_id' in (value[0] as object) ? value.length : value,
          )}\n`,
        );

        // None lost, none doubled: each promise is kept by one order of its cart, and there is no order beside.
        expect(new Map(orders.map(({ cart_id, id }) => [cart_id, id]))).toEqual(promised);
        expect(orders).toHaveLength(promised.size);

        // Stock: nothing is held, and what went is what was sold.
        for (const { sku, on_hand, reserved } of await books.stock()) {
          const sold = orders
            .filter(({ status }) => status === 'confirmed')
            .flatMap(({ lines }) => lines.filter((line) => line.sku === sku));
          expect({ sku, reserved, on_hand }).toEqual({
            sku,
            reserved: 0,
            on_hand: starting[sku]! - sold.reduce((sum, { quantity }) => sum + quantity, 0),
          });
        }

        // Money: what the provider keeps is what was confirmed, order by order; our books say the same.
        const theirs = await books.providerPayments();
        const ours = await books.ownPayments();
        for (const { id, status, total, payment } of orders) {
          const booked = theirs.get(payment.id);
          const kept = booked ? booked.captured.amount - booked.refunded.amount : 0;
          expect({ id, status, kept }).toEqual({ id, status, kept: status === 'confirmed' ? total : 0 });
          expect(booked?.status).not.toBe('authorized'); // nor does anything stay blocked on a buyer's card
          expect(payment.requested ? payment.status : undefined).toBe(ours.get(payment.id));
        }
        for (const reference of theirs.keys())
          expect(orders.some(({ payment }) => payment.id === reference)).toBe(true);
      } finally {
        await books.close();
        await server.stop();
      }
    },
    faults * 10_000 + 180_000,
  );
});

/** Nothing about it will change any more. */
function isOver({ status, stock, payment }: OrderRow): boolean {
  if (!over.includes(status)) return false;
  if (status === 'confirmed') return payment.status === 'captured';
  return (
    (stock === 'released' || stock === 'refused') &&
    (!payment.requested || ['declined', 'voided', 'refunded'].includes(payment.status))
  );
}
