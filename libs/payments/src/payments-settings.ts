import { type Environment, settings, WrongSettings } from '#kernel/base';
import * as z from 'zod';

export class PaymentsSettings extends settings({
  TEST_PROVIDER_URL: {
    schema: z.url().optional(),
    doc: 'Where the test payment provider listens; needs TEST_PROVIDER_SECRET. Unset, a server outside production starts one. Never in production.',
  },
  TEST_PROVIDER_SECRET: {
    schema: z.string().min(1).optional(),
    doc: 'The test provider’s API key, which its webhooks are signed with too: whsec_ and base64, or any other text.\nA provider that the server starts has one of its own, kept in CLEAVE_DATA_DIR.',
  },
  PAYMENTS_WEBHOOK_URL: {
    schema: z.url(),
    doc: 'Where payment providers reach us with their webhooks; the provider’s name is appended: …/webhooks/test.',
    default: 'http://127.0.0.1:3000/api/v1/webhooks',
  },
}) {
  constructor(environment: Environment) {
    super(environment);
    const { TEST_PROVIDER_URL: url, TEST_PROVIDER_SECRET: secret } = this;
    // Anybody may pay there with made-up money.
    if (environment['NODE_ENV'] === 'production' && (url ?? secret) !== undefined)
      throw new WrongSettings([
        'TEST_PROVIDER_URL, TEST_PROVIDER_SECRET: there is no test payment provider in production; unset both',
      ]);
    if (url !== undefined && secret === undefined)
      throw new WrongSettings(['TEST_PROVIDER_SECRET=: must be set where TEST_PROVIDER_URL is']);
  }
}
