/** @tag fault-injection */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { RunningServer } from './running-server.js';
import { isMissing, Shop } from './shop.js';

const nobody = '01890000-0000-7000-8000-000000000000';

/** One context is there and does not answer: nothing breaks, everything waits. */
for (const topology of ['split-redis', 'split-kafka'])
  (isMissing(topology) ? describe.skip : describe)(`a shop whose payments hang, on ${topology}`, () => {
    let server: RunningServer;
    let shop: Shop;
    let headers: { authorization: string };
    let payments: number;

    beforeAll(async () => {
      const file = join(import.meta.dirname, `../../../topologies/${topology}.yaml`);
      server = await RunningServer.start({ args: ['--topology', file], env: { CLEAVE_DEMO: 'off' } });
      shop = new Shop(server);
      headers = await shop.admin();
      await shop.sell('TENT', 5);
      payments = (await server.processes()).find(({ name }) => name === 'payments')!.pid;
      process.kill(payments, 'SIGSTOP');
    }, 120_000);
    afterAll(async () => {
      process.kill(payments, 'SIGCONT');
      await server.stop();
    }, 60_000);

    const askPayments = () => shop.http.get(`/api/v1/orders/${nobody}/payment`).set(headers);

    it('sells on, and spares payments more questions', async () => {
      const browse = async () => {
        const answers = [
          await shop.http.get('/api/v1/products'),
          await shop.http.get('/api/v1/products/tent'),
          await shop.http.get('/api/v1/stock/TENT'),
        ];
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      };
      const asked = Array.from({ length: 12 }, async () => await askPayments()); // they leave now
      await browse();
      for (const { status, body } of await Promise.all(asked))
        expect([
          [503, 'kernel.unavailable'],
          [504, 'kernel.outcome_unknown'],
          [504, 'kernel.deadline_exceeded'],
        ]).toContainEqual([status, (body as { code: string }).code]);
      const refused = await until(async () => {
        const answer = await askPayments();
        return answer.status === 503 && answer;
      }, 'its circuit is open');
      expect(refused.body).toMatchObject({ code: 'kernel.unavailable' });
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      await browse();
    }, 60_000);

    it('takes orders, and finishes them when payments go on', async () => {
      const cart = await shop.cartWith({ TENT: 1 });
      const { body } = await shop.checkout(cart, 'tok_ok').expect(202);
      const { orderId } = body as { orderId: string };
      expect((await shop.order(orderId, cart)).status).toMatch(/^(pending|stock_reserved)$/);
      process.kill(payments, 'SIGCONT');
      await until(async () => (await askPayments()).status === 404, 'payments answer again', 30);
      await until(async () => (await shop.order(orderId, cart)).status === 'confirmed', 'the order is paid', 60);
    }, 120_000);
  });
