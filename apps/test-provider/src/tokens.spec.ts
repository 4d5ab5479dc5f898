import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, inMs } from '../test/client.js';
import { eventually } from '../test/eventually.js';
import { Fixture } from '../test/fixture.js';

let fixture: Fixture;
let client: Client;
beforeAll(async () => {
  fixture = await Fixture.start();
  client = fixture.client;
});
afterAll(() => fixture[Symbol.asyncDispose]());

it('tok_ok authorizes', async () => {
  const { status, reference, declineReason } = await fixture.paid('tok_ok');
  expect({ status, declineReason }).toEqual({ status: 'authorized', declineReason: undefined });
  expect(await fixture.told(reference, 1)).toEqual(['authorized']);
});

it.each([
  ['tok_declined', 'card_declined'],
  ['tok_insufficient_funds', 'insufficient_funds'],
  ['tok_unheard_of', 'invalid_token'],
  ['__proto__', 'invalid_token'],
])('%s declines: %s', async (token, declineReason) => {
  const payment = await fixture.paid(token);
  expect(payment).toMatchObject({ status: 'declined', declineReason });
  expect(await fixture.told(payment.reference, 1)).toEqual(['declined']);
  expect(fixture.receiver.about(payment.reference)[0]?.body.data.payment).toEqual(payment);
});

it('tok_requires_action sends the customer to a page', async () => {
  const payment = await fixture.paid('tok_requires_action');
  expect(payment).toMatchObject({
    status: 'requires_action',
    nextAction: { url: `${client.url}/pay/${payment.id}` },
  });
  expect(await fixture.told(payment.reference, 1)).toEqual(['requires_action']);
});

it('tok_late_webhook authorizes only a second after the payment has expired', async () => {
  const input = client.input('tok_late_webhook', { expiresAt: inMs(1_500) });
  expect(await client.create(input)).toMatchObject({ status: 202, body: { status: 'processing' } });
  expect(await fixture.told(input.reference, 1)).toEqual(['authorized']);
  const [delivery] = fixture.receiver.about(input.reference);
  expect(delivery?.at).toBeGreaterThanOrEqual(Date.parse(input.expiresAt) + 1_000);
});

it('tok_double_webhook delivers every webhook twice, under one id', async () => {
  const { id, reference } = await fixture.paid('tok_double_webhook');
  await client.capture(id);
  expect(await fixture.told(reference, 4)).toEqual(['authorized', 'authorized', 'captured', 'captured']);
  const ids = fixture.receiver.about(reference).map(({ headers }) => headers['webhook-id']);
  expect(ids[0]).toBe(ids[1]);
  expect(ids[2]).toBe(ids[3]);
  expect(ids[0]).not.toBe(ids[2]);
});

describe('tok_timeout', () => {
  it('answers neither the creation nor its repeats nor reads until a second after expiry, though it acts', async () => {
    const input = client.input('tok_timeout', { expiresAt: inMs(1_500) });
    const { reference } = input;
    const silentUntil = Date.parse(input.expiresAt) + 1_000;
    const answeredAt = async <T>(call: Promise<T>) => call.then((answer) => ({ answer, at: Date.now() }));

    const first = answeredAt(client.create(input, 'silent'));
    const { id } = await eventually(async () => {
      const { body } = await client.list({ limit: '1000' }); // all the books are open even now
      return body.items.find((item) => item.reference === reference && item.status === 'authorized');
    });
    const repeat = answeredAt(client.create(input, 'silent'));
    const another = answeredAt(client.create(input));
    const byId = answeredAt(client.get(id));
    const byReference = answeredAt(client.list({ reference }));

    expect((await first).answer).toMatchObject({ status: 202, body: { id } });
    expect((await repeat).answer.body).toEqual((await first).answer.body);
    expect((await another).answer).toMatchObject({ status: 409, body: { code: 'duplicate_reference' } });
    expect((await byId).answer.body).toMatchObject({ id, status: 'authorized' });
    expect((await byReference).answer.body.items).toMatchObject([{ id, status: 'authorized' }]);
    for (const call of [first, repeat, another, byId, byReference])
      expect((await call).at).toBeGreaterThanOrEqual(silentUntil);

    expect(await fixture.told(reference, 1)).toEqual(['authorized']);
    expect(fixture.receiver.about(reference)[0]?.at).toBeGreaterThanOrEqual(silentUntil);
    expect(await client.create(input, 'silent')).toMatchObject({ status: 202, body: { id } });
  });

  it('lets a void through at once, and tells of both afterwards, in order', async () => {
    const input = client.input('tok_timeout', { expiresAt: inMs(3_000) });
    const gone = new AbortController();
    const created = client.create(input, 'silent-void', gone.signal);
    await eventually(async () => {
      const { body } = await client.list({ limit: '1000' });
      return body.items.some(({ reference, status }) => reference === input.reference && status === 'authorized');
    });
    gone.abort();
    await expect(created).rejects.toThrow('aborted');
    const answer = await client.voidByReference(input.reference);
    expect(answer).toMatchObject({ status: 200, body: { status: 'voided' } });
    expect(Date.now()).toBeLessThan(Date.parse(input.expiresAt) + 1_000);
    expect(await fixture.told(input.reference, 2)).toEqual(['authorized', 'voided']);
    expect(fixture.receiver.about(input.reference)[0]?.at).toBeGreaterThanOrEqual(Date.parse(input.expiresAt) + 1_000);
  });
});
