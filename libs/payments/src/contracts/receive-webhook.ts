import { anyone, command, text } from '#kernel/messages';
import * as z from 'zod';

/** What a provider tells us, byte for byte as it came: payments holds the secret and checks the signature. News is taken once. */
export class ReceiveWebhook extends command('payments.receive-webhook.v1', {
  access: anyone,
  repeatable: true,
  input: z.object({
    provider: text().max(50),
    headers: z.record(text().max(100), text().max(4_096)),
    body: text().max(1_048_576),
  }),
  errors: {
    'payments.provider_not_found': { status: 404, message: 'There is no such payment provider.' },
    'payments.webhook_signature_invalid': {
      status: 401,
      message: 'The signature does not fit the body, or is too old.',
    },
    'payments.webhook_invalid': {
      status: 422,
      message: 'The signature fits, but the body is no event of this provider.',
    },
  },
  example: {
    input: {
      provider: 'test',
      headers: {
        'webhook-id': 'msg_0199f3a2-9c11-7b20-8a35-0d1e2f3a4b5c',
        'webhook-timestamp': '1777887000',
        'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
      },
      body: '{"id":"msg_0199f3a2-9c11-7b20-8a35-0d1e2f3a4b5c","type":"payment.authorized","data":{"payment":{"reference":"0199f3a2-9b41-7c52-a1d3-5e8f70b6c214","status":"authorized"}}}',
    },
  },
}) {}
