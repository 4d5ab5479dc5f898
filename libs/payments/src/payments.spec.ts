import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Ids, sql } from '#kernel';
import { testContext, type TestedContext, until } from '#kernel/testing';
import { type Provider, startProvider } from '../../../apps/test-provider/src/provider.js';
import { signedHeaders } from '../../../apps/test-provider/src/signature.js';
import { AuthorizePayment, CancelPayment, CapturePayment, ReceiveWebhook } from './contracts/index.js';
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
      }),
    );
  }

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
  async atProvider() {
    const { items } = await askProvider(`/v1/payments?reference=${this.paymentId}`);
    return (items as ProviderEntry[])[0];
  }

  /** Changes the payment at the provider by another hand than ours. */
  async changeAtProvider(operation: string, body: object = {}) {
    const { id } = (await this.atProvider())!;
    await askProvider(`/v1/payments/${id}/${operation}`, body);
  }
}

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

  it('that was cancelled first asks for nothing', async () => {
    const buyer = new Buyer();
    await buyer.cancel();
    await buyer.authorize('tok_ok');
    await buyer.hears('voided');
    expect(await buyer.atProvider()).toBeUndefined();
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

  it('is taken, and changes nothing, where the payment is not ours', async () => {
    for (const reference of [context.module.get(Ids, { strict: false }).next(), 'not one of our ids']) {
      await receiveSigned(about(`evt_${reference}`, { reference, status: 'authorized' }));
      expect(
        await context.database.query(sql`select 1 from webhook_receipt where event_id = ${`evt_${reference}`}`),
      ).toHaveLength(1);
    }
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
