import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, inMs, type PaymentBody } from '../test/client.js';
import { eventually } from '../test/eventually.js';
import { Fixture } from '../test/fixture.js';

let fixture: Fixture;
let client: Client;
beforeAll(async () => {
  fixture = await Fixture.start();
  client = fixture.client;
});
afterAll(() => fixture[Symbol.asyncDispose]());

const pageOf = ({ id }: PaymentBody) => `${client.url}/pay/${id}`;
const browser = { accept: 'text/html,application/xhtml+xml', 'content-type': 'application/x-www-form-urlencoded' };
const press = (payment: PaymentBody, outcome: string, headers: Record<string, string> = browser) =>
  fetch(pageOf(payment), { method: 'POST', headers, body: `outcome=${outcome}`, redirect: 'manual' });

describe('the page', () => {
  it('shows the price and two buttons, without any authorization', async () => {
    const payment = await fixture.paid('tok_requires_action');
    const response = await fetch(payment.nextAction!.url);
    const html = await response.text();
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(html).toContain('€10.00');
    expect(html).toContain('value="approve"');
    expect(html).toContain('value="decline"');
  });

  it('escapes what the shop sent', async () => {
    const payment = await fixture.paid('tok_requires_action', { reference: '<script>alert("1")</script>' });
    expect(await (await fetch(pageOf(payment))).text()).not.toContain('<script>');
  });

  it('is 404 for an unknown payment', async () => {
    const response = await fetch(`${client.url}/pay/pay_unknown`, { headers: { accept: 'text/html' } });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('There is no payment');
  });
});

describe('pressing a button', () => {
  it.each([
    ['approve', 'authorized'],
    ['decline', 'declined'],
  ])('%s makes it %s, as often as it is pressed', async (outcome, status) => {
    const payment = await fixture.paid('tok_requires_action');
    for (const each of [outcome, outcome, 'approve', 'decline']) {
      const response = await press(payment, each);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('text/html');
    }
    expect((await client.get(payment.id)).body.status).toBe(status);
    expect(await fixture.told(payment.reference, 2)).toEqual(['requires_action', status]);
  });

  it('answers JSON to those who ask in JSON', async () => {
    const payment = await fixture.paid('tok_requires_action', { returnUrl: 'http://127.0.0.1/back' });
    const response = await fetch(pageOf(payment), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"outcome":"approve"}',
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: payment.id, status: 'authorized' });
  });

  it('sends a browser back to the shop', async () => {
    const payment = await fixture.paid('tok_requires_action', { returnUrl: 'http://127.0.0.1/back?order=1' });
    const response = await press(payment, 'approve');
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('http://127.0.0.1/back?order=1');
  });

  it('takes nothing but the two', async () => {
    const payment = await fixture.paid('tok_requires_action');
    expect((await press(payment, 'perhaps', { ...browser, accept: '*/*' })).status).toBe(422);
  });

  it('is refused when the payment has expired', async () => {
    const payment = await fixture.paid('tok_requires_action', { expiresAt: inMs(1_500) });
    const page = await eventually(async () => {
      const response = await fetch(pageOf(payment), { headers: { accept: 'text/html' } });
      return response.status === 409 && response;
    });
    expect(await page.text()).toContain('expired');
    const pressed = await press(payment, 'approve');
    expect(pressed.status).toBe(409);
    expect(await pressed.text()).toContain('expired');
    const asJson = await press(payment, 'approve', { ...browser, accept: 'application/json' });
    expect(asJson.status).toBe(409);
    expect(await asJson.json()).toMatchObject({ code: 'invalid_state', payment: { status: 'requires_action' } });
  });

  it('is refused when the payment was voided', async () => {
    const payment = await fixture.paid('tok_requires_action');
    await client.void(payment.id);
    expect((await fetch(pageOf(payment))).status).toBe(409);
    const pressed = await press(payment, 'approve');
    expect(pressed.status).toBe(409);
    expect(await pressed.text()).toContain('voided');
  });
});
