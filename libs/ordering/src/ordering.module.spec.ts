import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GetCartForCheckout, TakeOverCart } from '#cart/contracts';
import { GetOffers } from '#catalog/contracts';
import { CommitStock, StockCommitted, StockReserved } from '#inventory/contracts';
import { Clock } from '#kernel/base';
import { anonymous, type Principal, sql } from '#kernel/core';
import { answers, testContext, type TestedContext, until } from '#kernel/testing';
import { ListPaymentProviders, PaymentAuthorized, PaymentCaptured, PaymentVoided } from '#payments/contracts';
import { CompleteOrder } from './complete-order.js';
import {
  CancelOrder,
  GetOrder,
  HandOverCart,
  ListOrders,
  type Order,
  OrderCompleted,
  OrderPlaced,
  OrderShipped,
  PlaceOrder,
  ShipOrder,
} from './contracts/index.js';
import { OrderingModule } from './ordering.module.js';

let ids = 0;
const uuid = (n = ++ids + 1_000) => `0199f3a2-7c1e-7abc-8def-${String(n).padStart(12, '0')}`;
const user = (n: number, ...permissions: string[]): Principal => ({
  kind: 'user',
  id: uuid(n),
  permissions,
  owners: [`user:${uuid(n)}`],
});
const guest: Principal = { ...anonymous, owners: ['guest:a'] };
const admin = user(1, 'orders.read', 'orders.write');
const eur = (amount: number) => ({ amount, currency: 'EUR' });

let ordering: TestedContext;
let owner: string;
let status: string;
let lines: { sku: string; quantity: number }[];
let prices: Record<string, { amount: number; currency: string }>;
/** Runs while a checkout has read its cart, and has not placed the order yet. */
let meanwhile: () => Promise<unknown>;
let tellProviders: () => { names: string[] };
/** How often payments was asked for its providers. */
let asked = 0;

const stubs = [
  answers(ListPaymentProviders, () => {
    asked++;
    return tellProviders();
  }),
  answers(GetCartForCheckout, () => ({ owner, status, lines })),
  answers(GetOffers, async ({ skus }) => {
    await meanwhile();
    return {
      offers: skus.map((sku) => ({
        sku,
        productId: uuid(8),
        variantId: uuid(9),
        title: 'Tent',
        price: prices[sku]!,
      })),
    };
  }),
];
beforeAll(async () => {
  ordering = await testContext('ordering', OrderingModule, { stubs });
});
afterAll(() => ordering.close());
beforeEach(() => {
  owner = 'guest:a';
  status = 'active';
  lines = [{ sku: 'TENT', quantity: 2 }];
  prices = { TENT: eur(24_900), POT: eur(1_400), MUG: eur(900) };
  meanwhile = async () => undefined;
  tellProviders = () => ({ names: ['test'] });
});

const checkout = (cartId = uuid(), principal = guest, provider = 'test', shop = ordering) =>
  shop.execute<{ orderId: string; number: string }>(
    new PlaceOrder({
      cartId,
      email: 'ada@example.com',
      shippingAddress: { name: 'Ada', line1: 'Hauptstr. 1', city: 'Ulm', postalCode: '89073', country: 'DE' },
      payment: { provider, token: 'tok_ok' },
    }),
    { principal },
  );
const get = (id: string) => ordering.execute<Order>(new GetOrder({ id }), { principal: admin });
const handOver = (cartId: string, to: string | null) =>
  ordering.execute<{ orderId: string | null; owner: string | null }>(new HandOverCart({ cartId, owner: to }));

/** An order that is confirmed and paid. */
async function paid(as = guest): Promise<string> {
  const { orderId } = await checkout(uuid(), as);
  const payment = { orderId, paymentId: (await get(orderId)).payment.id };
  await ordering.hear(new StockReserved({ orderId, until: '2099-01-01T00:00:00.000Z' }));
  await ordering.hear(new PaymentAuthorized({ ...payment, amount: eur(49_800) }));
  await ordering.hear(new StockCommitted({ orderId }));
  await ordering.hear(new PaymentCaptured({ ...payment, amount: eur(49_800) }));
  return orderId;
}

describe('A checkout', () => {
  it('numbers its orders, each with a number of its own', async () => {
    const orders = await Promise.all(Array.from({ length: 45 }, () => checkout()));
    expect(new Set(orders.map(({ number }) => number)).size).toBe(45);
    for (const { orderId, number } of orders.slice(0, 3)) expect((await get(orderId)).number).toBe(number);
  });

  it('tells what of the cart was ordered', async () => {
    const cartId = uuid();
    const { orderId, number } = await checkout(cartId);
    expect(await ordering.said()).toContainEqual({
      name: OrderPlaced.messageName,
      payload: { orderId, cartId, number, lines: [{ sku: 'TENT', quantity: 2 }] },
    });
  });

  it('of one cart wins, and the others learn which order it is', async () => {
    const cartId = uuid();
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => checkout(cartId)));
    const [won, ...more] = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(more).toEqual([]);
    expect(outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))).toMatchObject(
      [1, 2, 3].map(() => ({ code: 'ordering.cart_has_order', details: { orderId: won!.orderId } })),
    );
  });

  it('may come again when the order was rejected', async () => {
    const cartId = uuid();
    const { orderId } = await checkout(cartId);
    await ordering.database.query(sql`update orders set status = 'rejected' where id = ${orderId}`);
    expect((await checkout(cartId)).orderId).not.toBe(orderId);
  });

  it('names a payment provider of the shop', async () => {
    await expect(checkout(uuid(), guest, 'another')).rejects.toMatchObject({
      code: 'ordering.payment_provider_unknown',
      status: 422,
      details: { providers: ['test'] },
    });
    tellProviders = () => ({ names: ['test', 'another'] }); // payments was started anew with one more
    await expect(checkout(uuid(), guest, 'another')).resolves.toMatchObject({ number: expect.any(String) });
  });

  it('is refused where the shop has no payment provider', async () => {
    tellProviders = () => ({ names: [] });
    await expect(checkout(uuid(), guest, 'the first')).rejects.toMatchObject({
      code: 'ordering.no_payment_provider',
      status: 409,
    });
    tellProviders = () => ({ names: ['the first', 'test'] });
    await expect(checkout(uuid(), guest, 'the first')).resolves.toMatchObject({ number: expect.any(String) });
  });

  it('asks for the providers once a minute, and goes on by the old answer while payments is away', async () => {
    await checkout();
    const before = asked;
    await checkout();
    expect(asked).toBe(before);
    const clock = ordering.module.get(Clock, { strict: false });
    const now = jest.spyOn(clock, 'now').mockReturnValue(clock.now() + 60_001);
    tellProviders = () => {
      throw new Error('away');
    };
    try {
      for (const _ of [1, 2]) await expect(checkout()).resolves.toMatchObject({ number: expect.any(String) });
      await until(() => asked === before + 1, 'payments is asked once more');
    } finally {
      now.mockRestore();
    }
  });

  it('goes on where payments has never told its providers, and leaves it to payments', async () => {
    tellProviders = () => {
      throw new Error('away');
    };
    const young = await testContext('ordering', OrderingModule, { stubs });
    try {
      const { orderId } = await checkout(uuid(), guest, 'whoever', young);
      expect(await young.execute(new GetOrder({ id: orderId }), { principal: admin })).toMatchObject({
        status: 'pending',
      });
    } finally {
      await young.close();
    }
  });

  it('of prices in several currencies is refused before anything is written', async () => {
    lines = ['TENT', 'POT', 'MUG'].map((sku) => ({ sku, quantity: 1 }));
    prices['POT'] = { amount: 1_400, currency: 'USD' };
    const written = async () => [
      await ordering.database.query(sql`select count(*) from orders`),
      (await ordering.said()).length,
    ];
    const before = await written();
    await expect(checkout()).rejects.toMatchObject({
      code: 'ordering.currency_differs',
      status: 409,
      details: { skus: ['POT'] },
    });
    expect(await written()).toEqual(before);
    prices['POT'] = eur(1_400);
    const { orderId } = await checkout();
    expect((await get(orderId)).total).toEqual(eur(24_900 + 1_400 + 900));
  });

  it.each([
    ['a line', { TENT: Number.MAX_SAFE_INTEGER, POT: 1 }],
    ['all lines', { TENT: 2 ** 52 - 1, POT: 2 }],
  ])('is refused where %s could not be told exactly', async (_, amounts) => {
    lines = [
      { sku: 'TENT', quantity: 2 },
      { sku: 'POT', quantity: 1 },
    ];
    prices = { TENT: eur(amounts.TENT), POT: eur(amounts.POT) };
    await expect(checkout()).rejects.toMatchObject({ code: 'ordering.total_too_large', status: 409 });
  });

  it.each(['merged', 'abandoned'])('of a cart that is %s is refused', async (closed) => {
    status = closed;
    await expect(checkout()).rejects.toMatchObject({ code: 'cart.not_active', status: 409 });
  });
});

describe('An order that another process changed since this one wrote it', () => {
  /** Refused at first, since what this process remembers is out of date, and handled anew. */
  const hear = (event: object) => ordering.hear(event).catch(() => undefined);
  const reserved = async () => {
    const { orderId } = await checkout();
    await ordering.hear(new StockReserved({ orderId, until: '2099-01-01T00:00:00.000Z' }));
    return orderId;
  };
  const commitsOf = async (orderId: string) =>
    (await ordering.said()).filter(
      ({ name, payload }) => name === CommitStock.messageName && (payload as { orderId: string }).orderId === orderId,
    ).length;

  it('is decided on as it is now', async () => {
    const orderId = await reserved();
    await ordering.database.query(
      sql`update orders set status = 'cancelling', stock = 'releasing', version = version + 1 where id = ${orderId}`,
    );
    const { payment } = await get(orderId);
    await hear(new PaymentAuthorized({ orderId, paymentId: payment.id, amount: eur(49_800) }));
    await until(async () => (await get(orderId)).payment.status === 'authorized', 'it is handled');
    expect([(await get(orderId)).status, await commitsOf(orderId)]).toEqual(['cancelling', 0]);
  });

  it('gets its step where this process would have found nothing to do', async () => {
    const orderId = await reserved();
    const { payment } = await get(orderId);
    await ordering.hear(new PaymentVoided({ orderId, paymentId: payment.id }));
    await ordering.database.query(
      sql`update orders set payment = jsonb_set(payment, '{status}', '"created"'), version = version + 1 where id = ${orderId}`,
    );
    await hear(new PaymentAuthorized({ orderId, paymentId: payment.id, amount: eur(49_800) }));
    await until(async () => (await get(orderId)).payment.status === 'authorized', 'it is handled');
    expect(await commitsOf(orderId)).toBe(1);
  });
});

describe('A cart that is handed over', () => {
  const member = user(50);
  const [reference] = member.owners;

  it('becomes its new owner’s order alone, and cart is told', async () => {
    const cartId = uuid();
    expect(await handOver(cartId, reference!)).toEqual({ orderId: null, owner: reference });
    await expect(checkout(cartId)).rejects.toMatchObject({ code: 'cart.not_found' });
    owner = reference!;
    await checkout(cartId, member);
    expect(await ordering.said()).toContainEqual({
      name: TakeOverCart.messageName,
      payload: { cartId, owner: reference },
    });
  });

  it('is its first new owner’s, whoever asks later', async () => {
    const cartId = uuid();
    await handOver(cartId, reference!);
    expect(await handOver(cartId, 'user:another')).toEqual({ orderId: null, owner: reference });
  });

  it('to nobody is nobody’s order any more', async () => {
    const cartId = uuid();
    await handOver(cartId, reference!);
    expect(await handOver(cartId, null)).toEqual({ orderId: null, owner: null });
    owner = reference!;
    await expect(checkout(cartId, member)).rejects.toMatchObject({ code: 'cart.not_found' });
  });

  it('stays where it is an order already', async () => {
    const cartId = uuid();
    const { orderId } = await checkout(cartId);
    expect(await handOver(cartId, reference!)).toEqual({ orderId, owner: null });
    expect(JSON.stringify(await ordering.said())).not.toContain(`"owner":"${reference}","cartId":"${cartId}"`);
    expect(await ordering.database.query(sql`select from cart_owner where cart_id = ${cartId}`)).toEqual([]);
  });

  it('while its checkout is under way is no order', async () => {
    const cartId = uuid();
    meanwhile = () => handOver(cartId, reference!);
    await expect(checkout(cartId)).rejects.toMatchObject({ code: 'cart.not_found' });
    expect(await ordering.database.query(sql`select from orders where cart_id = ${cartId}`)).toEqual([]);
  });

  it('at the same time as it is checked out is one or the other', async () => {
    const won = { order: 0, owner: 0 };
    for (let round = 0; round < 30; round++) {
      const cartId = uuid();
      const [order, handed] = await Promise.all([
        checkout(cartId).catch(() => undefined),
        handOver(cartId, reference!),
      ]);
      expect([handed.owner === reference, handed.orderId]).toEqual([order === undefined, order?.orderId ?? null]);
      won[order ? 'order' : 'owner']++;
    }
    expect(won.order + won.owner).toBe(30);
  });

  it('waits for an order that is being written', async () => {
    const cartId = uuid();
    const { orderId } = await checkout();
    let handed: Promise<{ orderId: string | null }> | undefined;
    const copy = uuid();
    await ordering.database.transaction(async () => {
      await ordering.database.query(sql`
        insert into orders select (jsonb_populate_record(o, jsonb_build_object('id', ${copy}::text, 'number', ${copy}::text, 'cart_id', ${cartId}::text))).*
        from orders o where id = ${orderId}`);
      handed = handOver(cartId, reference!);
      await until(
        () =>
          ordering.database.one(sql`
          select from pg_locks where locktype = 'advisory' and not granted
            and database = (select oid from pg_database where datname = current_database())`),
        'it waits',
      );
    });
    expect(await handed).toEqual({ orderId: copy, owner: null });
  });
});

describe('An order', () => {
  it('is shipped by whoever may, and completes when its time has come', async () => {
    const id = await paid();
    await expect(ordering.execute(new ShipOrder({ id }), { principal: guest })).rejects.toMatchObject({ status: 401 });
    await expect(ordering.execute(new ShipOrder({ id }), { principal: user(60) })).rejects.toMatchObject({
      status: 403,
    });
    await expect(ordering.execute(new ShipOrder({ id: uuid(404) }), { principal: admin })).rejects.toMatchObject({
      code: 'ordering.order_not_found',
    });
    for (const carrier of ['DHL', 'UPS'])
      await ordering.execute(new ShipOrder({ id, carrier, trackingNumber: '42' }), { principal: admin });
    expect(await get(id)).toMatchObject({
      status: 'shipped',
      settled: true,
      shipment: { carrier: 'DHL', trackingNumber: '42', at: expect.any(String) },
    });
    const timers = await ordering.database.query<{ left: number }>(sql`
      select extract(epoch from due - now())::integer as left from outbox_timer where name = ${CompleteOrder.messageName} and key = ${id}`);
    expect(timers).toHaveLength(1);
    expect(Math.abs(timers[0]!.left - 14 * 86_400)).toBeLessThan(600);
    await ordering.hear(new CompleteOrder({ orderId: id }));
    expect((await get(id)).history.map((step) => step.status).slice(-2)).toEqual(['shipped', 'completed']);
    const said = (await ordering.said()).filter(({ payload }) => (payload as { orderId?: string }).orderId === id);
    expect(said.map(({ name }) => name).slice(-2)).toEqual([OrderShipped.messageName, OrderCompleted.messageName]);
  });

  it('is cancelled or shipped, whichever comes first, and never both', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await paid();
      const [cancelled, shipped] = await Promise.allSettled([
        ordering.execute(new CancelOrder({ id }), { principal: guest }),
        ordering.execute(new ShipOrder({ id }), { principal: admin }),
      ]);
      const { status: now } = await get(id);
      expect([cancelled.status, shipped.status, now]).toEqual(
        shipped.status === 'fulfilled' ? ['rejected', 'fulfilled', 'shipped'] : ['fulfilled', 'rejected', 'cancelling'],
      );
      const refused = (
        cancelled.status === 'rejected' ? cancelled.reason : (shipped as PromiseRejectedResult).reason
      ) as object;
      expect(refused).toMatchObject({ status: 409, details: { status: now } });
    }
  });

  it('is cancelled by its owner and by whoever may write orders', async () => {
    for (const principal of [guest, admin]) {
      const id = await paid();
      await expect(
        ordering.execute(new CancelOrder({ id }), { principal: user(61, 'orders.read') }),
      ).rejects.toMatchObject({
        code: 'ordering.order_not_found',
      });
      await ordering.execute(new CancelOrder({ id }), { principal });
      expect((await get(id)).status).toBe('cancelling');
    }
  });
});

describe('A list of orders', () => {
  interface Page {
    items: { id: string }[];
    nextCursor: string | null;
  }
  const list = (input: object, principal: Principal) =>
    ordering.execute<Page>(new ListOrders(input as never), { principal });
  /** All of them, page by page. */
  const walk = async (input: object, principal: Principal) => {
    const found: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page: Page = await list({ ...input, ...(cursor ? { cursor } : {}) }, principal);
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    return found;
  };

  it('shows a customer their own, newest first', async () => {
    const customer = user(70);
    [owner] = customer.owners as [string];
    const placed: string[] = [];
    for (let n = 0; n < 5; n++) placed.unshift((await checkout(uuid(), customer)).orderId);
    expect(await walk({ limit: 2 }, customer)).toEqual(placed);
    expect((await list({}, customer)).items[0]).toEqual({
      id: placed[0],
      number: expect.any(String),
      status: 'pending',
      total: eur(49_800),
      createdAt: expect.any(String),
      payment: { status: 'created' },
      settled: false,
    });
    expect(await list({ limit: 5 }, customer)).toMatchObject({ nextCursor: null });
    expect(await list({}, user(71))).toEqual({ items: [], nextCursor: null });
    await expect(list({}, guest)).rejects.toMatchObject({ code: 'kernel.unauthenticated' });
  });

  it('shows all of them, or those of one status, to whoever may read orders', async () => {
    const shipped = await paid();
    await ordering.execute(new ShipOrder({ id: shipped }), { principal: admin });
    const all = await ordering.database.query<{ id: string; status: string }>(
      sql`select id, status from orders order by id desc`,
    );
    expect(await walk({ limit: 10 }, admin)).toEqual(all.map(({ id }) => id));
    const expected = all.filter((order) => order.status === 'shipped').map(({ id }) => id);
    expect(await walk({ status: 'shipped', limit: 1 }, admin)).toEqual(expected);
    expect(expected).toContain(shipped);
    expect(await walk({ status: 'shipped' }, user(70))).toEqual([]);
  });

  it('is read by an index, whoever asks for whatever', async () => {
    const { orderId } = await checkout();
    for (let from = 1; from <= 5_000; from += 500)
      await ordering.database.query(sql`
        insert into orders
        select (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'number', 'many ' || n, 'cart_id', gen_random_uuid(),
          'owner', 'user:' || n % 500, 'status', 'completed'))).*
        from orders o, generate_series(${from}::int, ${from + 499}::int) n where o.id = ${orderId}`);
    await ordering.database.query(sql`analyze orders`);
    const conditions = {
      orders_pkey: sql`true`,
      orders_owner: sql`owner = 'user:7'`,
      orders_status: sql`status = 'shipped'`,
    };
    for (const [index, condition] of Object.entries(conditions)) {
      const plan = await ordering.database.query(sql`
        explain select number from orders where id < 'ffffffff-ffff-ffff-ffff-ffffffffffff' and ${condition} order by id desc limit 21`);
      expect(JSON.stringify(plan)).toMatch(new RegExp(`Limit.*Index Scan (Backward using|on) ${index} `));
      expect(JSON.stringify(plan)).not.toMatch(/Seq Scan|Filter/);
    }
  });
});
