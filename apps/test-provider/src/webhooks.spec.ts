import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../test/client.js';
import { eventually } from '../test/eventually.js';
import { Fixture, secret } from '../test/fixture.js';
import { Receiver } from '../test/receiver.js';
import { signingKey } from './signature.js';
import { nextAttempt } from './webhook-queue.js';

let fixture: Fixture;
let client: Client;
beforeAll(async () => {
  fixture = await Fixture.start();
  client = fixture.client;
});
afterAll(() => fixture[Symbol.asyncDispose]());

it('are signed as Standard Webhooks has it', async () => {
  const { reference } = await fixture.paid('tok_ok');
  expect(await fixture.told(reference, 1)).toEqual(['authorized']);
  const { headers, raw, body } = fixture.receiver.about(reference)[0]!;
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const expected = createHmac('sha256', key)
    .update(`${String(id)}.${String(timestamp)}.${raw}`)
    .digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(10);
  expect(body).toMatchObject({ id, type: 'payment.authorized', createdAt: expect.stringMatching(/Z$/) });
});

it('are signed with the bytes of a secret that is not in their format', () => {
  expect(signingKey('plain').export()).toEqual(Buffer.from('plain'));
});

it('are repeated under the same id until taken, and in order', async () => {
  const statuses = [500, 404, 302];
  fixture.receiver.answer = () => statuses.shift() ?? 204;
  const { id, reference } = await fixture.paid('tok_ok');
  await client.capture(id);
  expect(await fixture.told(reference, 5)).toEqual([
    'authorized',
    'authorized',
    'authorized',
    'authorized',
    'captured',
  ]);
  const deliveries = fixture.receiver.about(reference);
  expect(
    new Set(deliveries.slice(0, 4).map(({ headers, raw }) => `${String(headers['webhook-id'])} ${raw}`)).size,
  ).toBe(1);
  expect(fixture.log.filter((line) => line.includes('failed and will be retried'))).toHaveLength(1);
});

it('wait for a receiver that is away', async () => {
  const away = await Receiver.start();
  await away[Symbol.asyncDispose]();
  const { id, reference } = await fixture.paid('tok_ok', { webhookUrl: away.url });
  await client.capture(id);
  await using back = await Receiver.start(away.port);
  const types = await eventually(() => back.deliveries.length === 2 && back.typesAbout(reference));
  expect(types).toEqual(['authorized', 'captured']);
});

it('of other payments do not wait for one that is not answered', async () => {
  fixture.receiver.answer = ({ body }) => (body.data.payment.reference === 'stuck' ? null : 204);
  await fixture.paid('tok_ok', { reference: 'stuck' });
  expect(await fixture.told('stuck', 1)).toEqual(['authorized']);
  const { reference } = await fixture.paid('tok_ok');
  expect(await fixture.told(reference, 1)).toEqual(['authorized']);
  fixture.receiver.answer = () => 204;
  expect(await fixture.told('stuck', 2)).toEqual(['authorized', 'authorized']); // given up on after 5 s, and sent again
});

describe('their next attempt', () => {
  it('comes after 0.2 s, and twice as long each time, up to 5 s', () => {
    const delays = [1, 2, 3, 4, 5, 6, 1_000].map((attempts) => nextAttempt({ since: 0 }, attempts, 0));
    expect(delays).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it('does not come after three days', () => {
    const threeDays = 3 * 86_400_000;
    expect(nextAttempt({ since: 1_000 }, 9, threeDays + 999)).toBe(threeDays + 5_999);
    expect(nextAttempt({ since: 1_000 }, 9, threeDays + 1_000)).toBeNull();
  });
});
