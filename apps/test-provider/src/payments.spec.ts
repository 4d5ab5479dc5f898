import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, euros, inMs } from '../test/client.js';
import { Fixture, secret } from '../test/fixture.js';

let fixture: Fixture;
let client: Client;
beforeAll(async () => {
  fixture = await Fixture.start();
  client = fixture.client;
});
afterAll(() => fixture[Symbol.asyncDispose]());

describe('creating a payment', () => {
  it('answers 202 processing and tells the outcome later', async () => {
    const input = client.input('tok_ok', { expiresAt: '2099-01-01T02:00:00+02:00' });
    const { status, body } = await client.create(input);
    expect(status).toBe(202);
    expect(body).toEqual({
      id: expect.stringMatching(/^pay_/),
      reference: input.reference,
      status: 'processing',
      amount: euros(1_000),
      captured: euros(0),
      refunded: euros(0),
      expiresAt: '2099-01-01T00:00:00.000Z',
      createdAt: expect.stringMatching(/Z$/),
    });
    expect(await fixture.told(input.reference, 1)).toEqual(['authorized']);
    expect((await client.get(body.id)).body.status).toBe('authorized');
  });

  it('answers a repeat with the first answer, also when the payment has gone on', async () => {
    const input = client.input('tok_ok');
    const first = await client.create(input, 'repeated');
    await fixture.status(first.body.id, (status) => status === 'authorized');
    const { expiresAt, ...others } = input;
    const again = await client.create({ expiresAt, ...others }, 'repeated');
    expect(again).toMatchObject({ status: 202, body: first.body });
  });

  it('makes one payment of concurrent repeats', async () => {
    const input = client.input('tok_ok');
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.create(input, 'concurrent')));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect((await client.list({ reference: input.reference })).body.items).toHaveLength(1);
  });

  it('refuses a key that was used for another request', async () => {
    const input = client.input('tok_ok');
    const { body } = await client.create(input, 'reused');
    const reused = { status: 422, body: { code: 'idempotency_key_reused' } };
    expect(await client.create({ ...input, amount: euros(1) }, 'reused')).toMatchObject(reused);
    expect(await client.void(body.id, 'reused')).toMatchObject(reused);
  });

  it('refuses a second payment with the same reference, giving the first', async () => {
    const input = client.input('tok_ok');
    const { body } = await client.create(input);
    const second = await client.create(input);
    expect(second).toMatchObject({ status: 409, body: { code: 'duplicate_reference', payment: { id: body.id } } });
  });

  it('requires an idempotency key', async () => {
    const answer = await client.call('POST', '/v1/payments', client.input('tok_ok'));
    expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency_key_required' } });
  });

  it.each([
    ['amount', { amount: euros(0) }],
    ['amount.amount', { amount: euros(1.5) }],
    ['amount.amount', { amount: { amount: '10', currency: 'EUR' } }],
    ['amount.currency', { amount: { amount: 10, currency: 'eur' } }],
    ['reference', { reference: 'a\u0000b' }],
    ['token', { token: '' }],
    ['expiresAt', { expiresAt: 'tomorrow' }],
    ['webhookUrl', { webhookUrl: 'ftp://example.com' }],
    ['returnUrl', { returnUrl: 'javascript:alert(1)' }],
    ['surprise', { surprise: 1 }],
  ])('refuses bad input, naming %s', async (field, wrong) => {
    const { status, body } = await client.create(client.input('tok_ok', wrong));
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'invalid_request' });
    expect(body.message).toContain(field);
  });

  it('refuses a body that is no JSON', async () => {
    const response = await fetch(`${client.url}/v1/payments/void`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: '{',
    });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid_request' });
  });

  it('declines a payment whose time was over before it came', async () => {
    const payment = await fixture.paid('tok_ok', { expiresAt: inMs(-1) });
    expect(payment).toMatchObject({ status: 'declined', declineReason: 'expired' });
  });
});

describe('reading payments', () => {
  it('finds one by id and by reference', async () => {
    const payment = await fixture.paid('tok_ok');
    expect((await client.get(payment.id)).body).toEqual(payment);
    expect((await client.list({ reference: payment.reference })).body).toEqual({ items: [payment] });
    expect((await client.list({ reference: 'nobody' })).body).toEqual({ items: [] });
    expect(await client.get('pay_unknown')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('lists all the books page by page, in the order of creation', async () => {
    const made: string[] = [];
    for (let count = 0; count < 5; count++) made.push((await client.create(client.input('tok_ok'))).body.id);
    const seen: string[] = [];
    for (let after: string | null | undefined = ''; after !== null && after !== undefined;) {
      const { body }: Awaited<ReturnType<Client['list']>> = await client.list({ limit: '2', after });
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ id }) => id));
      after = body.next;
    }
    expect(seen.slice(-5)).toEqual(made);
    expect(seen).toEqual([...new Set(seen)].sort());
  });

  it.each(['0', '1001', 'many'])('refuses a limit of %s', async (limit) => {
    expect(await client.list({ limit })).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
  });
});

describe('access', () => {
  it.each([undefined, 'Bearer wrong', `Basic ${'x'.repeat(40)}`])('is refused with authorization %s', async (value) => {
    const response = await fetch(`${client.url}/v1/payments`, { headers: value ? { authorization: value } : {} });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'unauthorized' });
  });

  it('is open to health', async () => {
    const response = await fetch(`${client.url}/health`);
    expect(await response.json()).toEqual({ status: 'ok', pid: process.pid, dataDir: fixture.dataDir });
  });
});

describe('capturing', () => {
  it('takes all that is authorized', async () => {
    const { id, reference } = await fixture.paid('tok_ok');
    const { status, body } = await client.capture(id);
    expect({ status, payment: body }).toMatchObject({
      status: 200,
      payment: { status: 'captured', captured: euros(1_000) },
    });
    expect(await fixture.told(reference, 2)).toEqual(['authorized', 'captured']);
  });

  it('takes a part, and no more than is authorized', async () => {
    const { id } = await fixture.paid('tok_ok');
    const tooMuch = await client.capture(id, { amount: euros(1_001) });
    expect(tooMuch).toMatchObject({ status: 422, body: { code: 'capture_exceeds_authorized' } });
    const foreign = await client.capture(id, { amount: { amount: 1, currency: 'USD' } });
    expect(foreign).toMatchObject({ status: 422, body: { code: 'currency_mismatch' } });
    expect((await client.capture(id, { amount: euros(400) })).body).toMatchObject({
      captured: euros(400),
      status: 'captured',
    });
  });

  it('answers the same key the same, and another key with 409', async () => {
    const { id } = await fixture.paid('tok_ok');
    const first = await client.capture(id, {}, 'capture-once');
    expect((await client.capture(id, {}, 'capture-once')).body).toEqual(first.body);
    const other = await client.capture(id);
    expect(other).toMatchObject({ status: 409, body: { code: 'invalid_state', payment: { id, status: 'captured' } } });
  });

  it('does not keep a refusal under its key', async () => {
    const { id, nextAction } = await fixture.paid('tok_requires_action');
    expect(await client.capture(id, {}, 'too-early')).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
    await fetch(nextAction!.url, { method: 'POST', body: new URLSearchParams({ outcome: 'approve' }) });
    expect(await client.capture(id, {}, 'too-early')).toMatchObject({ status: 200, body: { status: 'captured' } });
  });
});

describe('refunding', () => {
  it('is refused, always, where the token says so, and changes nothing', async () => {
    const { id } = await fixture.paid('tok_refund_refused');
    await client.capture(id);
    for (const key of ['key-1', 'key-1', 'key-2'])
      expect(await client.refund(id, 100, 'refund-refused', key)).toMatchObject({
        status: 409,
        body: { code: 'refund_refused', payment: { status: 'captured', refunded: euros(0) } },
      });
  });

  it('gives back in parts, and never more than was captured', async () => {
    const { id, reference } = await fixture.captured();
    expect((await client.refund(id, 600)).body).toMatchObject({ status: 'partially_refunded', refunded: euros(600) });
    expect(await client.refund(id, 401)).toMatchObject({ status: 409, body: { code: 'refund_exceeds_captured' } });
    expect((await client.refund(id, 400)).body).toMatchObject({ status: 'refunded', refunded: euros(1_000) });
    expect(await client.refund(id, 1)).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
    expect(await fixture.told(reference, 4)).toEqual(['authorized', 'captured', 'refunded', 'refunded']);
  });

  it('pays once for a repeat, under the same key or the same reference', async () => {
    const { id, reference } = await fixture.captured();
    const first = await client.refund(id, 300, 'refund-1', 'refund-key');
    expect((await client.refund(id, 300, 'refund-1', 'refund-key')).body).toEqual(first.body);
    const again = await client.refund(id, 300, 'refund-1');
    expect(again).toMatchObject({
      status: 409,
      body: { code: 'duplicate_reference', payment: { refunded: euros(300) } },
    });
    expect(await fixture.told(reference, 3)).toEqual(['authorized', 'captured', 'refunded']);
    expect(fixture.receiver.about(reference).at(-1)?.body.data.refund).toEqual({
      id: expect.stringMatching(/^ref_/),
      reference: 'refund-1',
      amount: euros(300),
      createdAt: expect.any(String),
    });
  });

  it('holds under concurrency', async () => {
    const { id } = await fixture.captured();
    const answers = await Promise.all(Array.from({ length: 15 }, () => client.refund(id, 100)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect((await client.get(id)).body).toMatchObject({ refunded: euros(1_000), status: 'refunded' });
  });

  it('needs a capture first', async () => {
    const { id } = await fixture.paid('tok_ok');
    expect(await client.refund(id, 1)).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
  });
});

describe('voiding by id', () => {
  it('lets an authorization go, and may be repeated under any key', async () => {
    const { id, reference } = await fixture.paid('tok_ok');
    expect(await client.void(id)).toMatchObject({ status: 200, body: { status: 'voided' } });
    expect(await client.void(id)).toMatchObject({ status: 200, body: { status: 'voided' } });
    expect(await client.capture(id)).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
    expect(await fixture.told(reference, 2)).toEqual(['authorized', 'voided']);
  });

  it('keeps an outcome from coming', async () => {
    const input = client.input('tok_late_webhook', { expiresAt: inMs(1_500) });
    const { body } = await client.create(input);
    await client.void(body.id);
    const later = await fixture.paid('tok_late_webhook', { expiresAt: inMs(1_500) }); // due after ours would have been
    expect(later.status).toBe('authorized');
    expect((await client.get(body.id)).body.status).toBe('voided');
    expect(fixture.receiver.typesAbout(input.reference)).toEqual(['voided']);
  });

  it('is refused once money was taken', async () => {
    const { id } = await fixture.captured();
    expect(await client.void(id)).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
  });

  it.each(['capture', 'refunds', 'void'])('%s of an unknown payment is 404', async (action) => {
    const body = action === 'refunds' ? { reference: 'r', amount: euros(1) } : {};
    const answer = await client.call('POST', `/v1/payments/pay_unknown/${action}`, body, randomUUID());
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

describe('voiding by reference', () => {
  it('voids what is authorized or waits', async () => {
    for (const token of ['tok_ok', 'tok_requires_action']) {
      const { reference } = await fixture.paid(token);
      expect(await client.voidByReference(reference)).toMatchObject({
        status: 200,
        body: { reference, status: 'voided' },
      });
    }
    const input = client.input('tok_late_webhook');
    await client.create(input);
    expect(await client.voidByReference(input.reference)).toMatchObject({ status: 200, body: { status: 'voided' } });
    expect(await fixture.told(input.reference, 1)).toEqual(['voided']);
  });

  it('leaves a declined payment as it is', async () => {
    const { id, reference } = await fixture.paid('tok_declined');
    expect(await client.voidByReference(reference)).toMatchObject({ status: 200, body: { id, status: 'declined' } });
  });

  it('is refused once money was taken', async () => {
    const { id, reference } = await fixture.captured();
    const answer = await client.voidByReference(reference);
    expect(answer).toMatchObject({ status: 409, body: { code: 'invalid_state', payment: { id, status: 'captured' } } });
  });

  it('voids a payment that arrives only later', async () => {
    const input = client.input('tok_ok');
    const { reference } = input;
    for (const key of ['before', 'before', 'before-2']) {
      const answer = await client.voidByReference(reference, key);
      expect(answer).toMatchObject({ status: 200, body: { reference, status: 'voided' } });
    }
    expect(await client.create(input)).toMatchObject({ status: 202, body: { reference, status: 'voided' } });
    expect(await fixture.told(reference, 1)).toEqual(['voided']);
  });
});
