import { describe, expect, it } from '@jest/globals';
import { isSigned } from './webhook-signature.js';

/** The example of the Standard Webhooks libraries. */
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const body = '{"test": 2432232314}';
const at = 1_614_265_330_000;
const headers = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

describe('a webhook’s signature', () => {
  it('fits by the known example, alone or among others', () => {
    expect(isSigned(secret, headers, body, at)).toBe(true);
    const several = `v1,b2xk v2,${headers['webhook-signature'].slice(3)} ${headers['webhook-signature']}`;
    expect(isSigned(secret, { ...headers, 'webhook-signature': several }, body, at)).toBe(true);
  });

  it('holds for five minutes, by either clock', () => {
    expect(isSigned(secret, headers, body, at + 300_000)).toBe(true);
    expect(isSigned(secret, headers, body, at + 301_000)).toBe(false);
    expect(isSigned(secret, headers, body, at - 301_000)).toBe(false);
  });

  it.each([
    ['another body', headers, `${body} `, secret],
    ['another secret', headers, body, 'whsec_AAAA'],
    ['another id', { ...headers, 'webhook-id': 'msg_2' }, body, secret],
    ['another time', { ...headers, 'webhook-timestamp': '1614265331' }, body, secret],
    ['a time that is none', { ...headers, 'webhook-timestamp': 'NaN' }, body, secret],
    [
      'another version',
      { ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1', 'v1a') },
      body,
      secret,
    ],
    ['half a signature', { ...headers, 'webhook-signature': 'v1,g0hM9SsE' }, body, secret],
    ['no headers', {}, body, secret],
  ])('does not fit %s', (_, given, text, key) => {
    expect(isSigned(key, given as Record<string, string>, text, at)).toBe(false);
  });
});
