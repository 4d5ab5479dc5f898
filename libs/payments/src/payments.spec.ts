import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Ids } from '#kernel/base';
import { anonymous, callContext, type Principal, sql } from '#kernel/core';
import { testContext, type TestedContext, until } from '#kernel/testing';
import { type Provider, startProvider } from '../../../apps/test-provider/src/provider.js';
import { signedHeaders } from '../../../apps/test-provider/src/signature.js';
import {
  AuthorizePayment,
  CancelPayment,
  CapturePayment,
  GetOrderPayment,
  ReceiveWebhook,
  RefundPayment,
} from './contracts/index.js';
import { Payments } from './payments.js';
import { PaymentsModule } from './payments.module.js';

const secret = 'a secret of this suite';
const dataDir = mkdtempSync(join(tmpdir(), 'payments-'));
let provider: Provider;
let webhooks: Server;
let webhooksArrive = true;
let context: TestedContext;

const start = async (port = 0) => (provider = await startProvider({ port, dataDir, secret }, () => undefined));

/** What comes to the shop's webhook address goes to the context, or is taken and lost. */
async function listen(): Promise<Server> {
  const server = createServer((request, response) => {
    const deliver = async () => {
      const body = await text(request);
      if (webhooksArrive)
        await context.execute(new ReceiveWebhook({ provider: 'test', headers: plain(request.headers), body }));
      return 202;
    };
    void deliver()
      .catch(() => 500)
      .then((status) => response.writeHead(status).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
const plain = (headers: IncomingHttpHeaders) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

beforeAll(async () => {
  webhooks = await listen();
  await start();
  const { port } = webhooks.address() as AddressInfo;
  const environment = {
    TEST_PROVIDER_URL: provider.url,
    TEST_PROVIDER_SECRET: secret,
    PAYMENTS_WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks`,
  };
  context = await testContext('payments', PaymentsModule, { options: { environment } });
});
beforeEach(() => {
  webhooksArrive = true;
});
afterAll(async () => {
  await provider.stop();
  webhooks.closeAllConnections();
  await new Promise((resolve) => webhooks.close(resolve));
  await context.close();
  rmSync(dataDir, { recursive: true });
});

/** A payment of 10 euros, seen from the order. */
class Buyer {
  readonly paymentId = context.module.get(Ids, { strict: false }).next();
  readonly orderId = context.module.get(Ids, { strict: false }).next();

  authorize(token: string, withinMs = 60_000, provider = 'test'): Promise<void> {
    const { paymentId, orderId } = this;
    const amount = { amount: 1_000, currency: 'EUR' };
    return context.hear(
      new AuthorizePayment({
        paymentId,
        orderId,
        amount,
        provider,
        token,
        until: new Date(Date.now() + withinMs).toISOString(),
        owner: `user:${orderId}`,
      }),
    );
  }

  /** Authorized and captured. */
  async pay(token = 'tok_ok'): Promise<this> {
    await this.authorize(token);
    await this.hears('authorized');
    await this.capture();
    await this.hears('authorized', 'captured');
    return this;
  }

  refund = (amount: number, currency = 'EUR') =>
    context.execute<{ refundId: string; remaining: object }>(
      new RefundPayment({ paymentId: this.paymentId, amount: { amount, currency }, reason: 'a tent without pegs' }),
    );

  seen = (as?: Principal) =>
    context.execute<Seen>(new GetOrderPayment({ orderId: this.orderId }), as ? { principal: as } : {});
  history = async () =>
    (await this.seen()).history.map(({ type, amount }) => (amount ? `${type} ${amount.amount}` : type));

  capture = () => context.hear(new CapturePayment({ paymentId: this.paymentId }));
  cancel = () => context.hear(new CancelPayment({ paymentId: this.paymentId }));

  /** The events about this payment, by their short names, in order. */
  async heard(): Promise<string[]> {
    const mine = (await context.said()).filter(
      ({ payload }) => (payload as { orderId?: string }).orderId === this.orderId,
    );
    return mine.map(({ name }) => name.replace(/^payments\.payment-(.*)\.v1$/, '$1'));
  }

  async hears(...names: string[]): Promise<void> {
    await until(async () => (await this.heard()).length >= names.length, names.join(', '));
    expect(await this.heard()).toEqual(names);
  }

  status = async () =>
    (await context.database.one<{ status: string }>(sql`select status from payment where id = ${this.paymentId}`))
      ?.status;

  /** The payment in the provider's books. */
  atProvider = async () => {
    const { items } = await askProvider(`/v1/payments?reference=${this.paymentId}`);
    return (items as ProviderEntry[])[0];
  };

  /** Changes the payment at the provider by another hand than ours. */
  async changeAtProvider(operation: string, body: object = {}) {
    const { id } = (await this.atProvider())!;
    await askProvider(`/v1/payments/${id}/${operation}`, body);
  }
}

type Seen = {
  id: string;
  status: string;
  authorized: object;
  captured: object;
  refunded: object;
  history: { at: string; type: string; amount?: { amount: number }; reason?: string }[];
};

type ProviderEntry = {
  id: string;
  status: string;
  captured: { amount: number };
  refunded: { amount: number };
  nextAction?: { url: string };
};

async function askProvider(path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = {
    authorization: `Bearer ${secret}`,
    'content-type': 'application/json',
    'idempotency-key': `${path} ${JSON.stringify(body)}`,
  };
  const response = await fetch(
    provider.url + path,
    body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers },
  );
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

describe.each([
  ['with webhooks', true],
  ['though every webhook is lost', false],
])('a payment, %s', (_, arrive) => {
  beforeEach(() => {
    webhooksArrive = arrive;
  });

  it('is authorized, captured and given back', async () => {
    const buyer = new Buyer();
    await buyer.authorize('tok_ok');
    await buyer.hears('authorized');
    await buyer.capture();
    await buyer.hears('authorized', 'captured');
    await buyer.cancel();
    await buyer.hears('authorized', 'captured', 'refunded');
    expect(await buyer.atProvider()).toMatchObject({
      status: 'refunded',
      captured: { amount: 1_000 },
      refunded: { amount: 1_000 },
    });
  });

  it('is declined', async () => {
    const buyer = new Buyer();
    await buyer.authorize('tok_declined');
    await buyer.hears('declined');
    expect(await buyer.status()).toBe('declined');
  });

  it('waits for the customer', async () => {
    const buyer = new Buyer();
    await buyer.authorize('tok_requires_action');
    await buyer.hears('action-required');
    const { nextAction } = (await buyer.atProvider())!;
    await fetch(nextAction!.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"outcome":"approve"}',
    });
    await buyer.hears('action-required', 'authorized');
  });

  it('is voided where it was only authorized', async () => {
    const buyer = new Buyer();
    await buyer.authorize('tok_ok');
    await buyer.hears('authorized');
    await buyer.cancel();
    await buyer.hears('authorized', 'voided');
    expect(await buyer.atProvider()).toMatchObject({ status: 'voided' });
  });
});

describe('a payment', () => {
  it('is told of once, though every webhook comes twice', async () => {
    const buyer = new Buyer();
    await buyer.authorize('tok_double_webhook');
    await buyer.hears('authorized');
    await buyer.capture();
    await until(
      async () =>
        (
          await context.database.query(
            sql`select 1 from payment_event where payment_id = ${buyer.paymentId} and type = 'captured'`,
          )
        ).length === 1,
    );
    await buyer.hears('authorized', 'captured');
  });

  it('waits for a provider that is away, and its capture too', async () => {
    const { port } = provider;
    const [early, late] = [new Buyer(), new Buyer()];
    await early.authorize('tok_ok');
    await early.hears('authorized');
    await provider.stop();
    await Promise.all([early.capture(), late.authorize('tok_ok')]);
    await until(
      async () =>
        (
          await context.database.query(
            sql`select 1 from outbox_timer where key = any(${[early.paymentId, late.paymentId]})`,
          )
        ).length === 2,
    );
    await start(port);
    await Promise.all([early.hears('authorized', 'captured'), late.hears('authorized')]);
  });

  it('that the provider is silent about expires; money that turns up then goes back by itself', async () => {
    const [silent, slow] = [new Buyer(), new Buyer()];
    await Promise.all([silent.authorize('tok_timeout', 3_000), slow.authorize('tok_late_webhook', 3_000)]);
    await Promise.all([silent.hears('voided'), slow.hears('voided')]);
    for (const buyer of [silent, slow]) expect(await buyer.atProvider()).toMatchObject({ status: 'voided' });
  });

  it('that the provider is silent about is voided when it is cancelled', async () => {
    const buyer = new Buyer();
    await buyer.authorize('tok_timeout', 10_000);
    await buyer.cancel();
    await buyer.hears('voided');
  });

  it('that was cancelled first is voided as soon as it begins', async () => {
    const buyer = new Buyer();
    await buyer.cancel();
    await buyer.authorize('tok_ok');
    await buyer.hears('voided');
    expect(await buyer.atProvider()).toMatchObject({ status: 'voided' });
  });

  it('that begins too late asks for nothing, and is over', async () => {
    const buyer = new Buyer();
    await buyer.authorize('tok_ok', -1);
    expect(await buyer.status()).toBe('expired');
    expect(await buyer.atProvider()).toBeUndefined();
  });

  it('goes on from its stream where its row has no state, and where an older version of the program wrote last', async () => {
    const [old, mixed] = [new Buyer(), new Buyer()];
    for (const buyer of [old, mixed]) await buyer.authorize('tok_ok');
    for (const buyer of [old, mixed]) await buyer.hears('authorized');
    await context.database.query(sql`update payment set state = null where id = ${old.paymentId}`);
    await context.database.query(
      sql`insert into payment_event (payment_id, version, type, data, at) select payment_id, max(version) + 1, 'capture_requested', '{}', now() from payment_event where payment_id = ${mixed.paymentId} group by payment_id`,
    );
    await context.database.query(
      sql`update payment set provider_reference = provider_reference, status = 'authorized' where id = ${mixed.paymentId}`,
    );
    await Promise.all([old.capture(), mixed.cancel()]);
    await Promise.all([old.hears('authorized', 'captured'), mixed.hears('authorized', 'voided')]);
    expect(await mixed.history()).toEqual([
      'requested 1000',
      'known_to_provider',
      'authorized',
      'capture_requested',
      'cancelled',
      'void_requested',
      'voided',
    ]);
  });

  it('that its provider won’t hear of is declined, and so is one of an unknown provider', async () => {
    const [refused, lost] = [new Buyer(), new Buyer()];
    await Promise.all([refused.authorize('x'.repeat(201)), lost.authorize('tok_ok', 60_000, 'nobody')]);
    for (const buyer of [refused, lost]) {
      await buyer.hears('declined');
      expect(await buyer.status()).toBe('failed');
    }
  });

  it('that the provider captured, voided or refunded by another hand is squared with our books when it matters', async () => {
    webhooksArrive = false;
    const [taken, gone, half] = [new Buyer(), new Buyer(), new Buyer()];
    for (const buyer of [taken, gone, half]) await buyer.authorize('tok_ok');
    for (const buyer of [taken, gone, half]) await buyer.hears('authorized');
    await taken.changeAtProvider('capture');
    await taken.cancel();
    await taken.hears('authorized', 'captured', 'refunded');
    await gone.changeAtProvider('void');
    await gone.capture();
    await gone.hears('authorized', 'voided');
    await half.capture();
    await half.hears('authorized', 'captured');
    await half.changeAtProvider('refunds', {
      reference: `${half.paymentId} by hand`,
      amount: { amount: 400, currency: 'EUR' },
    });
    await half.cancel();
    await half.hears('authorized', 'captured', 'refunded', 'refunded');
    expect(await half.atProvider()).toMatchObject({ status: 'refunded' });
  });

  it('leaves no money behind, however capture and cancellation race', async () => {
    const buyers = Array.from({ length: 20 }, () => new Buyer());
    await Promise.all(buyers.map((buyer) => buyer.authorize('tok_ok')));
    await Promise.all(buyers.map((buyer) => buyer.hears('authorized')));
    await Promise.all(
      buyers.flatMap((buyer, index) =>
        index % 2 ? [buyer.capture(), buyer.cancel()] : [buyer.cancel(), buyer.capture()],
      ),
    );
    for (const buyer of buyers) {
      await until(async () => ['voided', 'refunded'].includes((await buyer.status())!));
      const { captured, refunded } = (await buyer.atProvider())!;
      expect(refunded).toEqual(captured);
      expect([
        ['authorized', 'voided'],
        ['authorized', 'captured', 'refunded'],
      ]).toContainEqual(await buyer.heard());
    }
  });
});

describe('a crash between the provider’s answer and our books', () => {
  /** The first transaction after the provider has done something fails. Answers what that was. */
  const crashOnce = ({ paymentId, atProvider }: Buyer) => {
    const payments = context.module.get(Payments);
    const save = payments.save.bind(payments);
    const before = atProvider();
    return new Promise<ProviderEntry | undefined>((crashed) => {
      const spy = jest.spyOn(payments, 'save').mockImplementation(async (payment) => {
        if (payment.id !== paymentId) return save(payment);
        const now = await atProvider();
        if (now?.status === (await before)?.status) return save(payment);
        spy.mockRestore();
        crashed(now);
        throw new Error('the process was killed');
      });
    });
  };

  beforeEach(() => {
    webhooksArrive = false;
  });

  it('asks again for the authorization, under the same key: there is one payment', async () => {
    const buyer = new Buyer();
    const crash = crashOnce(buyer);
    await buyer.authorize('tok_ok');
    expect(['processing', 'authorized']).toContain((await crash)?.status);
    await buyer.hears('authorized');
    expect((await askProvider(`/v1/payments?reference=${buyer.paymentId}`))['items']).toHaveLength(1);
  });

  it('asks again for the capture, which is made once', async () => {
    const buyer = new Buyer();
    await buyer.authorize('tok_ok');
    await buyer.hears('authorized');
    const crash = crashOnce(buyer);
    await buyer.capture();
    expect(await crash).toMatchObject({ status: 'captured' });
    await buyer.hears('authorized', 'captured');
    expect(await buyer.atProvider()).toMatchObject({ captured: { amount: 1_000 } });
  });

  it('asks again for the void', async () => {
    const buyer = new Buyer();
    await buyer.authorize('tok_ok');
    await buyer.hears('authorized');
    const crash = crashOnce(buyer);
    await buyer.cancel();
    expect(await crash).toMatchObject({ status: 'voided' });
    await buyer.hears('authorized', 'voided');
  });

  it('asks again for the refund, which is made once', async () => {
    const buyer = await new Buyer().pay();
    const crash = crashOnce(buyer);
    await buyer.refund(400);
    expect(await crash).toMatchObject({ status: 'partially_refunded' });
    await buyer.hears('authorized', 'captured', 'refunded');
    expect(await buyer.atProvider()).toMatchObject({ refunded: { amount: 400 } });
  });
});

describe('a refund', () => {
  it('gives a part back, and then another, and cancelling gives back the rest', async () => {
    const buyer = await new Buyer().pay();
    expect(await buyer.refund(300)).toMatchObject({ remaining: { amount: 700, currency: 'EUR' } });
    await buyer.hears('authorized', 'captured', 'refunded');
    await Promise.all([buyer.refund(100), buyer.refund(150)]);
    await buyer.hears('authorized', 'captured', 'refunded', 'refunded', 'refunded');
    expect(await buyer.seen()).toMatchObject({ status: 'partially_refunded', refunded: { amount: 550 } });
    await buyer.cancel();
    await buyer.hears('authorized', 'captured', 'refunded', 'refunded', 'refunded', 'refunded');
    expect(await buyer.seen()).toMatchObject({ status: 'refunded', refunded: { amount: 1_000 } });
    expect(await buyer.atProvider()).toMatchObject({ status: 'refunded', refunded: { amount: 1_000 } });
  });

  it('never gives back more than was captured, though two race for it', async () => {
    const buyer = await new Buyer().pay();
    const results = await Promise.allSettled([buyer.refund(600), buyer.refund(600)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: {
        code: 'payments.refund_exceeds_captured',
        details: { remaining: { amount: 400, currency: 'EUR' } },
      },
    });
    await buyer.hears('authorized', 'captured', 'refunded');
    expect(await buyer.atProvider()).toMatchObject({ refunded: { amount: 600 } });
  });

  it('races a cancellation: all goes back, once', async () => {
    const buyers = await Promise.all(Array.from({ length: 8 }, () => new Buyer().pay()));
    const refunds = buyers.map((buyer) => buyer.refund(400));
    const cancellations = buyers.map((buyer) => buyer.cancel());
    const results = await Promise.allSettled(refunds);
    await Promise.all(cancellations);
    for (const [index, buyer] of buyers.entries()) {
      await until(async () => (await buyer.status()) === 'refunded');
      expect(await buyer.atProvider()).toMatchObject({ refunded: { amount: 1_000 } });
      const lost = results[index]!.status === 'rejected';
      expect(await buyer.heard()).toEqual(['authorized', 'captured', 'refunded', ...(lost ? [] : ['refunded'])]);
    }
  });

  it('that the provider refuses is recorded, and its amount is free again', async () => {
    const buyer = await new Buyer().pay('tok_refund_refused');
    await buyer.refund(700);
    const { history } = await until(async () => {
      const seen = await buyer.seen();
      return seen.history.some(({ type }) => type === 'refund_refused') && seen;
    });
    expect(history.at(-1)).toMatchObject({
      type: 'refund_refused',
      amount: { amount: 700, currency: 'EUR' },
      reason: 'refund_refused',
    });
    expect(await buyer.refund(1_000)).toMatchObject({ remaining: { amount: 0 } });
    expect(await buyer.heard()).toEqual(['authorized', 'captured']);
  });

  it('is refused in another currency, and of a payment that is none or not taken', async () => {
    const [taken, held, none] = [await new Buyer().pay(), new Buyer(), new Buyer()];
    await held.authorize('tok_ok');
    await held.hears('authorized');
    await expect(taken.refund(1, 'USD')).rejects.toMatchObject({
      code: 'payments.currency_mismatch',
      details: { currency: 'EUR' },
    });
    await expect(held.refund(1)).rejects.toMatchObject({ details: { remaining: { amount: 0, currency: 'EUR' } } });
    await expect(none.refund(1)).rejects.toMatchObject({ code: 'payments.payment_not_found' });
  });
});

describe('the payment of an order', () => {
  it('is shown with its history to the order’s owner and to who may read orders, and to nobody else', async () => {
    const buyer = await new Buyer().pay();
    const owner: Principal = { kind: 'user', id: 'a', permissions: [], owners: [`user:${buyer.orderId}`] };
    const clerk: Principal = { kind: 'user', id: 'b', permissions: ['orders.read'], owners: [] };
    const stranger: Principal = { kind: 'user', id: 'c', permissions: ['payments.write'], owners: ['user:c'] };
    const money = { amount: 1_000, currency: 'EUR' };
    expect(await buyer.seen(owner)).toMatchObject({
      id: buyer.paymentId,
      status: 'captured',
      authorized: money,
      captured: money,
      refunded: { amount: 0, currency: 'EUR' },
    });
    expect(await buyer.history()).toEqual([
      'requested 1000',
      'known_to_provider',
      'authorized',
      'capture_requested',
      'captured 1000',
    ]);
    expect(await buyer.seen(clerk)).toEqual(await buyer.seen(owner));
    for (const other of [stranger, anonymous])
      await expect(buyer.seen(other)).rejects.toMatchObject({ code: 'payments.payment_not_found' });
    await expect(new Buyer().seen(clerk)).rejects.toMatchObject({ code: 'payments.payment_not_found' });
  });
});

describe('a webhook', () => {
  const receive = (headers: Record<string, string>, body: string, name = 'test') =>
    context.execute(new ReceiveWebhook({ provider: name, headers, body }));
  const receiveSigned = (body: string, id = 'evt_1') =>
    receive(signedHeaders(Buffer.from(secret), id, body, Date.now()), body);
  const about = (id: string, payment: object) => JSON.stringify({ id, data: { payment } });

  it('is refused without a signature that fits, without sense, and from a provider that is none', async () => {
    await expect(receive({}, '{}')).rejects.toMatchObject({ code: 'payments.webhook_signature_invalid' });
    await expect(receiveSigned('{')).rejects.toMatchObject({ code: 'payments.webhook_invalid' });
    await expect(receiveSigned('{"id":"evt_1"}')).rejects.toMatchObject({ code: 'payments.webhook_invalid' });
    await expect(receive({}, '{}', 'nobody')).rejects.toMatchObject({ code: 'payments.provider_not_found' });
  });

  it('is taken where the payment is not ours', async () => {
    for (const reference of [context.module.get(Ids, { strict: false }).next(), 'not one of our ids'])
      await receiveSigned(about(`evt_${reference}`, { reference, status: 'authorized' }));
  });

  it('that is faster than our own books is not lost: its payment learns it when it begins', async () => {
    webhooksArrive = false;
    const [before, meanwhile] = [new Buyer(), new Buyer()];
    const tell = ({ paymentId: reference }: Buyer) =>
      receiveSigned(about(`evt_${reference}`, { reference, status: 'authorized' }), `evt_${reference}`);
    await tell(before);
    await before.authorize('tok_late_webhook');
    await Promise.all([meanwhile.authorize('tok_late_webhook'), tell(meanwhile), tell(meanwhile)]);
    for (const buyer of [before, meanwhile]) expect(await buyer.heard()).toEqual(['authorized']);
  });

  it('races a cancellation: nothing is kept', async () => {
    const buyers = Array.from({ length: 8 }, () => new Buyer());
    await Promise.all(buyers.map((buyer) => buyer.authorize('tok_requires_action')));
    await Promise.all(buyers.map((buyer) => buyer.hears('action-required')));
    const pages = await Promise.all(buyers.map(async (buyer) => (await buyer.atProvider())!.nextAction!.url));
    const approve = (page: string) =>
      fetch(page, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"outcome":"approve"}',
      });
    await Promise.all(buyers.flatMap((buyer, index) => [approve(pages[index]!), buyer.cancel()]));
    for (const buyer of buyers) {
      await until(async () => (await buyer.status()) === 'voided');
      expect((await buyer.heard()).filter((name) => name !== 'authorized')).toEqual(['action-required', 'voided']);
      expect(await buyer.atProvider()).toMatchObject({ status: 'voided' });
    }
  });

  it('belongs to the flow of what asked the provider, and so does a look in its stead', async () => {
    const [told, seen] = [new Buyer(), new Buyer()];
    await told.authorize('tok_ok');
    await told.hears('authorized');
    webhooksArrive = false;
    await seen.authorize('tok_ok');
    await seen.hears('authorized');
    const said = (name: string, { paymentId }: Buyer) =>
      context.database.one<{ id: string; flow: string; cause: string }>(sql`
        select message_id as id, correlation_id as flow, causation_id as cause from outbox
        where name = ${`payments.${name}.v1`} and payload ->> 'paymentId' = ${paymentId}`);
    // A message that the context hears in these tests begins a flow by its own id.
    const byWebhook = (await said('payment-authorized', told))!;
    expect(byWebhook.cause).toBe(byWebhook.flow);
    const look = (await said('look-after-payment', seen))!;
    expect(look.cause).toBe(look.flow);
    expect(await said('payment-authorized', seen)).toMatchObject({ cause: look.id, flow: look.flow });
    await told.capture();
    await told.hears('authorized', 'captured');
    const captured = (await said('payment-captured', told))!;
    await told.changeAtProvider('refunds', {
      reference: `${told.paymentId} by hand`,
      amount: { amount: 1_000, currency: 'EUR' },
    });
    await receiveSigned(
      about(`evt_${told.paymentId}`, {
        reference: told.paymentId,
        status: 'refunded',
        captured: { amount: 1_000, currency: 'EUR' },
        refunded: { amount: 1_000, currency: 'EUR' },
      }),
    );
    await told.hears('authorized', 'captured', 'refunded');
    const { flow, cause } = captured;
    expect(await said('payment-refunded', told)).toMatchObject({ flow, cause });
  });

  it('has the message that asks the provider as its cause, also where it is quicker than the answer to that', async () => {
    const buyer = await new Buyer().pay();
    // The message is not handled before the transaction has ended.
    const kept = await context.database.transaction(async () => {
      const refund = {
        paymentId: buyer.paymentId,
        amount: { amount: 100, currency: 'EUR' },
        reason: 'a tent without pegs',
      };
      await context.execute(new RefundPayment(refund), { ...callContext(), context: 'payments' });
      return context.database.one<{ cause: string }>(
        sql`select state ->> 'cause' as cause from payment where id = ${buyer.paymentId}`,
      );
    });
    const asks = await context.database.one<{ id: string }>(sql`
      select message_id as id from outbox
      where name = 'payments.request-refund.v1' and payload ->> 'paymentId' = ${buyer.paymentId}`);
    expect(kept!.cause).toBe(asks!.id);
  });

  it('that tells nothing new writes nothing', async () => {
    webhooksArrive = false;
    const buyer = await new Buyer().pay();
    const versions = () =>
      context.database.query(sql`select xmin::text, ctid::text from payment where id = ${buyer.paymentId}`);
    const before = await versions();
    await receiveSigned(about('evt_old', { reference: buyer.paymentId, status: 'authorized' }));
    expect(await versions()).toEqual(before);
  });

  it('is taken once, however often and at once it comes', async () => {
    const buyer = new Buyer();
    await buyer.authorize('tok_late_webhook');
    const body = about('evt_once', { reference: buyer.paymentId, status: 'authorized' });
    await Promise.all([receiveSigned(body), receiveSigned(body), receiveSigned(body)]);
    expect(await buyer.heard()).toEqual(['authorized']);
    await receiveSigned(about('evt_once', { reference: buyer.paymentId, status: 'voided' }));
    expect(await buyer.heard()).toEqual(['authorized']);
  });
});
