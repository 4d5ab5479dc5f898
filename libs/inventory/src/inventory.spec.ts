import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProductChanged, ProductCreated } from '#catalog/contracts';
import { Ids, isoInstant, SystemClock } from '#kernel/base';
import { callContext, runIn, sql } from '#kernel/core';
import { testContext, type TestedContext, until } from '#kernel/testing';
import { CommitStock, ReleaseStock, ReserveStock } from './contracts/reservation.js';
import { GetStock, SetStock } from './contracts/stock.js';
import { InventoryModule } from './inventory.module.js';
import { StartingStock } from './starting-stock.subscriber.js';

const clock = new SystemClock();
const ids = new Ids(clock);

describe('inventory', () => {
  let inventory: TestedContext;
  beforeAll(async () => {
    inventory = await testContext('inventory', InventoryModule, {
      options: { environment: { INVENTORY_RESERVATION_TTL: '60' } },
    });
  });
  afterAll(() => inventory.close());

  const setStock = (sku: string, onHand: number) => inventory.execute(new SetStock({ sku, onHand }));
  const stock = (sku: string) => inventory.execute(new GetStock({ sku }));
  const reserve = (
    orderId: string,
    lines: { sku: string; quantity: number }[],
    holdUntil = isoInstant(clock.now() + 30_000),
  ) => inventory.execute(new ReserveStock({ orderId, lines, until: holdUntil }));
  /** What was said about an order or a SKU, without the contexts' and versions' part of the name. */
  const said = async (key: string) =>
    (await inventory.said())
      .filter(({ payload }) => Object.values(payload as object).includes(key))
      .map(({ name }) => name.replace(/^inventory\.(.*)\.v1$/, '$1'));

  it('sets the stock of a SKU, known or not, and never below what is reserved', async () => {
    await expect(stock('set')).rejects.toMatchObject({ code: 'inventory.sku_not_found' });
    expect(await setStock('set', 5)).toEqual({ sku: 'set', onHand: 5, reserved: 0, available: 5 });
    await reserve(ids.next(), [{ sku: 'set', quantity: 3 }]);
    await expect(setStock('set', 2)).rejects.toMatchObject({
      code: 'inventory.below_reserved',
      details: { reserved: 3 },
    });
    expect(await setStock('set', 3)).toEqual({ sku: 'set', onHand: 3, reserved: 3, available: 0 });
    expect(await stock('set')).toEqual({ sku: 'set', onHand: 3, reserved: 3, available: 0 });
    expect(await said('set')).toEqual(['availability-changed', 'availability-changed']);
  });

  it('gives new SKUs of the catalog their starting stock, and lets known ones keep theirs', async () => {
    await setStock('start-known', 7);
    const variant = (sku: string, startingStock: number | null) => ({ variantId: ids.next(), sku, startingStock });
    await inventory.hear(
      new ProductCreated({
        productId: ids.next(),
        handle: 'start',
        variants: [variant('start-2', 2), variant('start-known', 1), variant('start-none', null)],
      }),
    );
    await inventory.hear(
      new ProductChanged({
        productId: ids.next(),
        addedVariants: [variant('start-2', 9), variant('start-4', 4)],
        removedSkus: ['start-none'],
      }),
    );
    const onHand = await Promise.all(['start-2', 'start-known', 'start-none', 'start-4'].map(stock));
    expect(onHand).toMatchObject([{ onHand: 2 }, { onHand: 7 }, { onHand: 0 }, { onHand: 4 }]);
    expect([await said('start-2'), await said('start-none')]).toEqual([['availability-changed'], []]);
  });

  it('takes several products at once: the first word on a SKU counts, a failed batch nothing, a repeated one no more', async () => {
    await setStock('batch-known', 7);
    const created = (...stock: [sku: string, startingStock: number | null][]) =>
      new ProductCreated({
        productId: ids.next(),
        handle: 'batch',
        variants: stock.map(([sku, startingStock]) => ({ variantId: ids.next(), sku, startingStock })),
      });
    const batch = (last?: () => Promise<void>) =>
      inventory.database.transaction(async () => {
        const subscriber = inventory.module.get(StartingStock, { strict: false });
        for (const [causationId, event] of [
          [ids.next(), created(['batch-2', 2], ['batch-none', null])],
          [ids.next(), created(['batch-known', 1], ['batch-1', 1], ['batch-2', 9])],
        ] as const)
          runIn({ ...callContext()!, causationId }, () => subscriber.created(event));
        if (last) inventory.database.currentTransaction()!.beforeCommit.push(last);
      });
    await expect(batch(() => Promise.reject(new Error('one of them failed')))).rejects.toThrow('one of them failed');
    await expect(stock('batch-2')).rejects.toMatchObject({ code: 'inventory.sku_not_found' });
    await batch();
    await batch();
    const onHand = await Promise.all(['batch-2', 'batch-none', 'batch-known', 'batch-1'].map(stock));
    expect(onHand).toMatchObject([{ onHand: 2 }, { onHand: 0 }, { onHand: 7 }, { onHand: 1 }]);
    const told = await inventory.database.query(sql`
      select payload->>'sku' as sku, count(*) as n, count(distinct causation_id) as causes from outbox
      where key in ('batch-1', 'batch-2', 'batch-none') group by 1 order by 1`);
    expect(told).toEqual([
      { sku: 'batch-1', n: 1, causes: 1 },
      { sku: 'batch-2', n: 1, causes: 1 },
    ]);
  });

  it('holds, commits and gives back; the row of the order and the pieces agree at each step', async () => {
    await setStock('life', 4);
    const orderId = ids.next();
    await inventory.hear(
      new ReserveStock({
        orderId,
        lines: [
          { sku: 'life', quantity: 3 },
          { sku: 'life', quantity: 1 },
        ],
        until: isoInstant(clock.now() + 30_000),
      }),
    );
    expect(await stock('life')).toMatchObject({ onHand: 4, reserved: 4 });
    await inventory.hear(new CommitStock({ orderId }));
    expect(await stock('life')).toMatchObject({ onHand: 0, reserved: 0 });
    await inventory.hear(new ReleaseStock({ orderId }));
    expect(await stock('life')).toMatchObject({ onHand: 4, reserved: 0 });
    expect(await said(orderId)).toEqual(['stock-reserved', 'stock-committed', 'stock-released']);
    expect(await said('life')).toEqual(['availability-changed', 'availability-changed', 'availability-changed']);
  });

  it('lets go by itself when the time is up, and commits even after that', async () => {
    await setStock('expiry', 2);
    const orderId = ids.next();
    await reserve(orderId, [{ sku: 'expiry', quantity: 2 }], isoInstant(clock.now() + 300));
    expect((await said(orderId))[0]).toBe('stock-reserved');
    await until(async () => (await said(orderId)).includes('reservation-expired'));
    expect(await stock('expiry')).toMatchObject({ onHand: 2, reserved: 0 });
    await inventory.execute(new CommitStock({ orderId }));
    expect(await stock('expiry')).toMatchObject({ onHand: 0, reserved: 0 });
  });

  it('holds nothing longer than the setting allows', async () => {
    await setStock('ttl', 1);
    const orderId = ids.next();
    const before = clock.now();
    await reserve(orderId, [{ sku: 'ttl', quantity: 1 }], '2999-01-01T00:00:00Z');
    const reserved = (await inventory.said()).find(
      ({ name, payload }) =>
        name === 'inventory.stock-reserved.v1' && (payload as { orderId: string }).orderId === orderId,
    );
    const held = Date.parse((reserved!.payload as { until: string }).until) - before;
    expect(held).toBeGreaterThanOrEqual(60_000);
    expect(held).toBeLessThan(65_000);
  });

  it('holds nothing for an order whose release overtook it', async () => {
    await setStock('late', 2);
    const orderId = ids.next();
    await inventory.execute(new ReleaseStock({ orderId }));
    await reserve(orderId, [{ sku: 'late', quantity: 1 }]);
    expect(await stock('late')).toMatchObject({ reserved: 0 });
    expect(await said(orderId)).toEqual(['stock-released']);
  });

  it('answers an order once, however often it asks at the same time', async () => {
    await setStock('again', 10);
    const orderId = ids.next();
    await Promise.all(Array.from({ length: 5 }, () => reserve(orderId, [{ sku: 'again', quantity: 2 }])));
    expect(await stock('again')).toMatchObject({ reserved: 2 });
    expect(await said(orderId)).toEqual(['stock-reserved']);
  });

  it('waits in line where a message met a rival', async () => {
    await setStock('rival', 20);
    const until = isoInstant(clock.now() + 30_000);
    const asked = Array.from({ length: 20 }, () => ids.next()).map(
      (orderId) => new ReserveStock({ orderId, lines: [{ sku: 'rival', quantity: 1 }], until }),
    );
    await Promise.all(asked.map((message) => inventory.hear(message)));
    expect(await stock('rival')).toMatchObject({ onHand: 20, reserved: 20, available: 0 });
    expect(await said('rival')).toEqual(['availability-changed', 'availability-changed']);
  });

  it('sells 20 pieces to 200 buyers at once exactly 20 times', async () => {
    await setStock('hot', 20);
    const until = isoInstant(clock.now() + 30_000);
    const asked = Array.from({ length: 200 }, () => ids.next()).map(
      (orderId) => new ReserveStock({ orderId, lines: [{ sku: 'hot', quantity: 1 }], until }),
    );
    await Promise.all(asked.map((message) => inventory.hear(message)));
    const outcomes = await inventory.database.query(sql`
      select state, count(*) as n from reservation where lines->0->>'sku' = 'hot' group by state order by state`);
    expect(outcomes).toEqual([
      { state: 'held', n: 20 },
      { state: 'refused', n: 180 },
    ]);
    const answers = await inventory.database.query(sql`
      select name, count(*) as n from outbox join reservation on payload->>'orderId' = order_id::text
      where lines->0->>'sku' = 'hot' group by name order by name`);
    expect(answers).toEqual([
      { name: 'inventory.stock-refused.v1', n: 180 },
      { name: 'inventory.stock-reserved.v1', n: 20 },
    ]);
    expect(await stock('hot')).toEqual({ sku: 'hot', onHand: 20, reserved: 20, available: 0 });
    expect(await said('hot')).toEqual(['availability-changed', 'availability-changed']);
  });

  it('does not deadlock where buyers name the same SKUs in every order, come and go', async () => {
    const skus = ['mix-a', 'mix-b', 'mix-c', 'mix-d'];
    for (const sku of skus) await setStock(sku, 30);
    const buyers = Array.from({ length: 100 }, (_, index) => {
      const mine = skus.filter((__, position) => position !== index % 4);
      return {
        orderId: ids.next(),
        lines: (index % 2 ? mine : mine.toReversed()).map((sku) => ({ sku, quantity: 1 })),
      };
    });
    await Promise.all(
      buyers.map(async ({ orderId, lines }, index) => {
        await reserve(orderId, lines);
        if (index % 3 === 0) await inventory.execute(new CommitStock({ orderId }));
        if (index % 3 !== 2) await inventory.execute(new ReleaseStock({ orderId }));
      }),
    );
    const held = await inventory.database.query<{ sku: string; n: number }>(sql`
      select line->>'sku' as sku, count(*) as n from reservation, json_array_elements(lines) line
      where state = 'held' and line->>'sku' like 'mix-%' group by 1 order by 1`);
    for (const { sku, n } of held) expect(await stock(sku)).toMatchObject({ onHand: 30, reserved: n });
    expect(held).toHaveLength(4);
  });
});
