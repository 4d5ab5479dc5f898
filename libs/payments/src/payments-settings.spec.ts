import { describe, expect, it } from '@jest/globals';
import { WrongSettings } from '#kernel/base';
import { testContext } from '#kernel/testing';
import { ListPaymentProviders, ReceiveWebhook } from './contracts/index.js';
import { PaymentsModule } from './payments.module.js';
import { PaymentsSettings } from './payments-settings.js';

const url = { TEST_PROVIDER_URL: 'http://127.0.0.1:4010' };
const secret = { TEST_PROVIDER_SECRET: 'a secret' };

describe('The test provider', () => {
  it('has no secret by default', () => {
    expect(new PaymentsSettings({})).not.toHaveProperty('TEST_PROVIDER_SECRET', expect.any(String));
    expect(() => new PaymentsSettings(url)).toThrow(/TEST_PROVIDER_SECRET=: must be set where TEST_PROVIDER_URL is/);
  });

  it.each([url, secret, { ...url, ...secret }])('is refused in production (%j)', (environment) => {
    expect(() => new PaymentsSettings({ ...environment, NODE_ENV: 'production' })).toThrow(WrongSettings);
    expect(() => new PaymentsSettings({ NODE_ENV: 'production' })).not.toThrow();
  });

  it('is no provider, and behind no webhook, where the settings do not name it', async () => {
    const payments = await testContext('payments', PaymentsModule);
    try {
      expect(await payments.execute(new ListPaymentProviders({}))).toEqual({ names: [] });
      await expect(
        payments.execute(new ReceiveWebhook({ provider: 'test', headers: {}, body: '{}' })),
      ).rejects.toMatchObject({ code: 'payments.provider_not_found', status: 404 });
    } finally {
      await payments.close();
    }
  });
});
