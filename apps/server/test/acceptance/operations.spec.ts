import { expect, it } from '@jest/globals';
import pg from 'pg';
import { until } from '#kernel/testing';
import { onEveryTopology, refusal } from '../shop.js';

interface DeadLetter {
  id: string;
  message: string;
  key: string;
  correlationId: string;
  nextAttemptAt: string | null;
  waiting: number;
}

interface FlowMessage {
  id: string;
  name: string;
  kind: string;
  publisher: string;
  causationId: string | null;
  deliveries: { subscriber: string; handledAt: string | null; parked: { nextAttemptAt: string | null } | null }[];
}

const id = '0199f3a2-7c1e-7abc-8def-0123456789ab';

onEveryTopology('operating', (shop) => {
  const asAdmin = async (method: 'get' | 'post' | 'delete', path: string) =>
    shop()
      .http[method](`/api/v1/admin/${path}`)
      .set(await shop().admin());
  const deadLetters = async (query = ''): Promise<DeadLetter[]> => {
    const { status, body } = await asAdmin('get', `dead-letters?limit=100${query}`);
    expect([status, body.unavailable]).toEqual([200, []]);
    return body.items as DeadLetter[];
  };
  const flowOf = async (correlationId: string): Promise<FlowMessage[]> => {
    const { status, body } = await asAdmin('get', `flows/${correlationId}`);
    expect([status, body.correlationId, body.truncated]).toEqual([200, correlationId, false]);
    return body.messages as FlowMessage[];
  };
  /** Makes a mistake in the database, and answers how it is mended. */
  const mistake = async (table: string, check: string): Promise<() => Promise<void>> => {
    const run = async (statement: string) => {
      const client = new pg.Client(shop().databaseUrl);
      await client.connect();
      try {
        await client.query(statement);
      } finally {
        await client.end();
      }
    };
    await run(`alter table ${table} add constraint mistake check (${check}) not valid`);
    return () => run(`alter table ${table} drop constraint mistake`);
  };

  it('finds what could not be handled; mended and redriven, the order goes on', async () => {
    for (const sku of ['STUCK-1', 'FREE-1']) await shop().sell(sku, 5);
    const mend = await mistake('inventory.stock_item', `sku <> 'STUCK-1' or reserved = 0`);
    const cart = await shop().cartWith({ 'STUCK-1': 2 });
    const { body, headers } = await shop().checkout(cart, 'tok_ok').expect(202);
    const correlationId = headers['x-request-id'] as string;
    const letter = await until(async () => (await deadLetters()).find(({ key }) => key === body.orderId));
    expect(letter).toMatchObject({
      id: expect.stringMatching(/^inventory:[0-9a-f-]{36}$/),
      context: 'inventory',
      subscriber: 'inventory',
      message: 'inventory.reserve-stock.v1',
      publisher: 'ordering',
      correlationId,
      payload: { orderId: body.orderId, lines: [{ sku: 'STUCK-1', quantity: 2 }] },
      attempts: 3,
      error: { code: 'internal', message: expect.stringContaining('mistake') },
      nextAttemptAt: null,
      waiting: 0,
    });
    expect((await deadLetters('&context=inventory')).map((one) => one.id)).toContain(letter.id);
    expect((await deadLetters('&context=catalog')).map((one) => one.id)).not.toContain(letter.id);
    const stuck = (await flowOf(correlationId)).find(({ name }) => name === 'inventory.reserve-stock.v1')!;
    expect(stuck.deliveries).toMatchObject([
      { subscriber: 'inventory', handledAt: null, parked: { nextAttemptAt: null } },
    ]);

    // Nobody else waits for it.
    expect((await shop().buy({ 'FREE-1': 1 }, 'tok_ok')).order.status).toBe('confirmed');
    expect((await shop().order(body.orderId, cart)).status).toBe('pending');

    await mend();
    expect((await asAdmin('post', `dead-letters/${letter.id}/redrive`)).status).toBe(202);
    expect((await shop().order(body.orderId, cart, 20)).status).toBe('confirmed');
    expect((await deadLetters()).map((one) => one.id)).not.toContain(letter.id);
    expect(refusal(await asAdmin('post', `dead-letters/${letter.id}/redrive`))).toBe(
      '404 operations.dead_letter_not_found',
    );
  }, 60_000);

  it('gives up what nobody needs any more, and what waited behind it goes on', async () => {
    await shop().sell('GIVEN-UP-1', 0);
    const available = async () =>
      (await shop().http.get('/api/v1/products/given-up-1').expect(200)).body.variants[0].available as boolean;
    const stock = async (onHand: number) =>
      shop()
        .http.put('/api/v1/stock/GIVEN-UP-1')
        .set(await shop().admin())
        .send({ onHand })
        .expect(200);
    const mend = await mistake('catalog.variant', `sku <> 'GIVEN-UP-1' or not available`);
    const letterWith = (behind: number) =>
      until(async () => (await deadLetters()).find(({ key, waiting }) => key === 'GIVEN-UP-1' && waiting === behind));
    await stock(5);
    await letterWith(0); // taken together, only the last word would count
    await stock(0);
    await stock(3);
    const letter = await letterWith(2);
    expect(letter.id).toMatch(/^catalog\.availability:/);
    await mend();
    expect(await available()).toBe(false);
    expect((await asAdmin('delete', `dead-letters/${letter.id}`)).status).toBe(204);
    await until(available);
    expect(refusal(await asAdmin('delete', `dead-letters/${letter.id}`))).toBe('404 operations.dead_letter_not_found');
  }, 60_000);

  it('tells the messages that followed from a checkout, causes before effects, by the id that its answer had', async () => {
    await shop().sell('FLOW-1', 5);
    const cart = await shop().cartWith({ 'FLOW-1': 1 });
    const { body, headers } = await shop().checkout(cart, 'tok_ok').expect(202);
    expect((await shop().order(body.orderId, cart, 20)).status).toBe('confirmed');
    const expected = [
      ['ordering', 'event', 'ordering.order-placed.v1'],
      ['ordering', 'command', 'inventory.reserve-stock.v1'],
      ['inventory', 'event', 'inventory.stock-reserved.v1'],
      ['ordering', 'command', 'payments.authorize-payment.v1'],
      ['payments', 'event', 'payments.payment-authorized.v1'],
      ['ordering', 'command', 'inventory.commit-stock.v1'],
      ['inventory', 'event', 'inventory.stock-committed.v1'],
      ['ordering', 'event', 'ordering.order-confirmed.v1'],
      ['payments', 'event', 'payments.payment-captured.v1'],
    ];
    const flow = await until(async () => {
      const messages = await flowOf(headers['x-request-id'] as string);
      const seen = messages.find(({ name }) => name === 'ordering.order-placed.v1')!;
      return seen.deliveries.some(({ handledAt }) => handledAt !== null) && messages;
    });
    const told = flow.map(({ publisher, kind, name }) => [publisher, kind, name]);
    expect(told).toEqual(expect.arrayContaining(expected));
    const places = expected.map(([, , name]) => flow.findIndex((message) => message.name === name));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    for (const [place, { causationId }] of flow.entries())
      expect(flow.slice(place).map((message) => message.id)).not.toContain(causationId);
    expect(flow[0]!.deliveries).toMatchObject([{ subscriber: 'cart.orders', parked: null }]);
    expect(JSON.stringify(flow)).not.toContain('ada@example.com');
  }, 60_000);

  it('is for operators alone, and knows what there is', async () => {
    for (const path of ['dead-letters', 'flows/x'])
      expect(refusal(await shop().http.get(`/api/v1/admin/${path}`))).toBe('401 kernel.unauthenticated');
    expect(refusal(await asAdmin('get', 'flows/0199f3a27c1e7abc8def0123456789ab'))).toBe(
      '404 operations.flow_not_found',
    );
    expect(refusal(await asAdmin('get', 'dead-letters?context=nothing'))).toBe('404 operations.context_not_found');
    for (const unknown of [id, `nothing:${id}`, `ordering.checkout:${id}`, 'ordering:x', `constructor:${id}`]) {
      expect(refusal(await asAdmin('delete', `dead-letters/${unknown}`))).toBe('404 operations.dead_letter_not_found');
    }
  });
});
