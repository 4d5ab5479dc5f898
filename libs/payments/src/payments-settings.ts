import { settings } from '#kernel';
import * as z from 'zod';

export class PaymentsSettings extends settings({
  TEST_PROVIDER_URL: {
    schema: z.url(),
    doc: 'Where the test payment provider listens. A server that starts one itself sets this by itself.',
    default: 'http://127.0.0.1:4010',
  },
  TEST_PROVIDER_SECRET: {
    schema: z.string().min(1),
    doc: 'The test provider’s API key, which its webhooks are signed with too: whsec_ and base64, or any other text.',
    default: 'test-provider-secret',
  },
  PAYMENTS_WEBHOOK_URL: {
    schema: z.url(),
    doc: 'Where payment providers reach us with their webhooks; the provider’s name is appended: …/webhooks/test.',
    default: 'http://127.0.0.1:3000/api/v1/webhooks',
  },
}) {}
