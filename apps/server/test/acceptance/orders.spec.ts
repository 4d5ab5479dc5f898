import { beforeAll, expect, it } from '@jest/globals';
import type { Response } from 'supertest';
import { until } from '#kernel/testing';
import { newKey, onEveryTopology, type OrderAnswer, refusal } from '../shop.js';

onEveryTopology('orders', (shop) => {
  let admin: { authorization: string };
  beforeAll(async () => {
    admin = await shop().admin();
    await shop().sell('ORD-1', 100);
  }, 60_000);

  const post = (id: string, what: 'ship' | 'cancel', headers: Record<string, string>) =>
    shop().http.post(`/api/v1/orders/${id}/${what}`).set(headers);
  const list = async (query = '') => (await shop().http.get(`/api/v1/orders${query}`).set(admin).expect(200)).body;

  it('are listed for who may read them, newest first, a page at a time', async () => {
    const bought: OrderAnswer[] = [];
    for (let n = 0; n < 5; n++)
      bought.unshift((await shop().buy({ 'ORD-1': 1 }, n === 2 ? 'tok_declined' : 'tok_ok')).order);
    const first = await list('?limit=2');
    const then = await list(`?limit=3&cursor=${first.nextCursor}`);
    expect([...first.items, ...then.items]).toEqual(
      bought.map(({ id, number, status, total, payment }) => ({
        id,
        number,
        status,
        total,
        createdAt: expect.any(String),
        payment: { status: payment.status },
        settled: expect.any(Boolean),
      })),
    );
    const rejected = bought.filter(({ status }) => status === 'rejected').map(({ id }) => id);
    expect(rejected).toHaveLength(1);
    const ofStatus = async (status: string) =>
      (await list(`?status=${status}`)).items.filter(({ id }: { id: string }) =>
        bought.some((order) => order.id === id),
      );
    expect(await ofStatus('rejected')).toMatchObject([{ id: rejected[0], status: 'rejected' }]);
    expect(await ofStatus('completed')).toEqual([]);
    const newcomer = shop()
      .http.get('/api/v1/orders?status=completed')
      .set(await shop().newCustomer());
    expect((await newcomer.expect(200)).body).toMatchObject({ items: [], nextCursor: null });
  });

  it('are listed for nobody who is not logged in', async () => {
    const { cart } = await shop().buy({ 'ORD-1': 1 }, 'tok_ok');
    for (const headers of [{}, { 'x-cart-token': cart.token }])
      expect(refusal(await shop().http.get('/api/v1/orders').set(headers))).toBe('401 kernel.unauthenticated');
    for (const query of ['?limit=101', '?limit=0', '?status=lost', '?cursor=7'])
      expect([query, (await shop().http.get(`/api/v1/orders${query}`).set(admin)).status]).toEqual([query, 422]);
  });

  it('are shipped once, cannot be cancelled then, and complete by themselves', async () => {
    const { cart, order } = await shop().buy({ 'ORD-1': 1 }, 'tok_ok');
    const buyer = { 'x-cart-token': cart.token };
    expect(refusal(await post(order.id, 'ship', buyer).send({}))).toBe('401 kernel.unauthenticated');
    const shipment = { carrier: 'DHL', trackingNumber: '00340434161094042557' };
    await post(order.id, 'ship', { ...admin, 'idempotency-key': newKey() })
      .send(shipment)
      .expect(202);
    await post(order.id, 'ship', admin).expect(202);
    expect((await shop().order(order.id, cart)) as object).toMatchObject({ shipment });
    for (const as of [buyer, admin])
      expect(refusal(await post(order.id, 'cancel', as))).toBe('409 ordering.not_cancellable');
    await until(async () => (await shop().order(order.id, cart)).status === 'completed', 'it completes', 30);
    expect((await shop().order(order.id, cart)).history.map(({ status }) => status)).toEqual([
      'pending',
      'stock_reserved',
      'confirmed',
      'shipped',
      'completed',
    ]);
  }, 60_000);

  it('are not shipped before they are paid, nor after they were cancelled', async () => {
    const waiting = await shop().buy({ 'ORD-1': 1 }, 'tok_requires_action');
    expect(refusal(await post(waiting.order.id, 'ship', admin).send({}))).toBe('409 ordering.not_shippable');
    const { order, cart } = await shop().buy({ 'ORD-1': 1 }, 'tok_ok');
    await post(order.id, 'cancel', admin).expect(202);
    const refused = await post(order.id, 'ship', admin).send({});
    expect(refusal(refused)).toBe('409 ordering.not_shippable');
    await until(async () => (await shop().order(order.id, cart)).status === 'cancelled', 'it is cancelled', 30);
  }, 60_000);

  it('are cancelled or shipped, never both', async () => {
    for (let round = 0; round < 6; round++) {
      const { order, cart } = await shop().buy({ 'ORD-1': 1 }, 'tok_ok');
      const [cancelled, shipped] = await Promise.all([
        post(order.id, 'cancel', { 'x-cart-token': cart.token }),
        post(order.id, 'ship', admin).send({}),
      ]);
      const { status } = await shop().order(order.id, cart);
      const told = (answer: Response) => (answer.status < 300 ? String(answer.status) : refusal(answer));
      expect([
        ['409 ordering.not_cancellable', '202', expect.stringMatching(/^(shipped|completed)$/)],
        ['202', '409 ordering.not_shippable', expect.stringMatching(/^cancell(ing|ed)$/)],
      ]).toContainEqual([told(cancelled), told(shipped), status]);
    }
  }, 60_000);

  it('are one for each cart, however many checkouts there are at once', async () => {
    for (let round = 0; round < 4; round++) {
      const cart = await shop().cartWith({ 'ORD-1': 1 });
      const answers = await Promise.all([1, 2, 3].map(() => shop().checkout(cart, 'tok_ok')));
      const [won, ...more] = answers.filter(({ status }) => status === 202);
      expect(more).toEqual([]);
      for (const lost of answers.filter((answer) => answer !== won)) {
        expect(refusal(lost)).toBe('409 ordering.cart_has_order');
        expect(lost.body.details).toEqual({ orderId: won!.body.orderId });
      }
    }
  });
});
