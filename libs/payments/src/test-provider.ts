import { type Clock, errorText } from '#kernel/base';
import { Money, text } from '#kernel/messages';
import * as z from 'zod';
import { ReceiveWebhook } from './contracts/index.js';
import { exchange, type Request } from './exchange.js';
import { type Authorization, PaymentProvider, type ProviderAnswer } from './payment-provider.js';
import type { PaymentsSettings } from './payments-settings.js';
import { isSigned } from './webhook-signature.js';

const ANSWER_WITHIN_MS = 3_000;

const Payment = z.object({
  reference: text(),
  id: text().optional(),
  status: z.enum([
    'processing',
    'requires_action',
    'authorized',
    'declined',
    'captured',
    'partially_refunded',
    'refunded',
    'voided',
  ]),
  amount: Money.optional(),
  captured: Money.optional(),
  refunded: Money.optional(),
  declineReason: text().optional(),
  nextAction: z.object({ url: text() }).optional(),
});
const Found = z.object({ items: z.array(Payment) });
const Refusal = z.object({ code: z.string(), payment: Payment.optional() });
const Webhook = z
  .string()
  .transform(parseJson)
  .pipe(
    z.object({
      id: text().min(1).max(255),
      data: z.object({ payment: Payment, refund: z.object({ reference: text() }).optional() }),
    }),
  );

/** Our key, our clock or their load: not about the payment, and over one day. */
const passing = (status: number): boolean => status >= 500 || [401, 403, 408, 429].includes(status);

/** The provider of apps/test-provider; its README says what it answers. */
export class TestProvider extends PaymentProvider {
  private constructor(
    private readonly access: { readonly url: string; readonly secret: string; readonly webhookUrl: string },
    private readonly clock: Clock,
  ) {
    super();
  }

  /** Undefined where the settings name no test provider. */
  static open(
    this: void,
    { TEST_PROVIDER_URL: url, TEST_PROVIDER_SECRET: secret, PAYMENTS_WEBHOOK_URL }: PaymentsSettings,
    clock: Clock,
  ): TestProvider | undefined {
    if (url === undefined || secret === undefined) return undefined;
    return new TestProvider({ url, secret, webhookUrl: `${PAYMENTS_WEBHOOK_URL}/test` }, clock);
  }

  async authorize({ paymentId, amount, token, until }: Authorization): Promise<ProviderAnswer> {
    const answer = await this.post('/v1/payments', `${paymentId}:authorize`, {
      reference: paymentId,
      amount,
      token,
      expiresAt: until,
      webhookUrl: this.access.webhookUrl,
    });
    // An earlier attempt, under another webhook URL say, took the key or the reference: what it created is what we asked for.
    const exists = answer.kind === 'refusal' && ['idempotency_key_reused', 'duplicate_reference'].includes(answer.code);
    return exists ? this.find(paymentId) : answer;
  }

  find(paymentId: string): Promise<ProviderAnswer> {
    return this.call(
      `/v1/payments?reference=${encodeURIComponent(paymentId)}`,
      { method: 'GET', headers: {} },
      (json) => {
        const [payment] = Found.parse(json).items;
        return payment ? { kind: 'payment', payment } : { kind: 'refusal', code: 'not_found' };
      },
    );
  }

  capture(paymentId: string, providerReference: string, amount: Money): Promise<ProviderAnswer> {
    return this.post(`/v1/payments/${providerReference}/capture`, `${paymentId}:capture`, { amount });
  }

  void(paymentId: string): Promise<ProviderAnswer> {
    return this.post('/v1/payments/void', `${paymentId}:void`, { reference: paymentId });
  }

  async refund(providerReference: string, refund: string, amount: Money): Promise<ProviderAnswer> {
    const answer = await this.post(`/v1/payments/${providerReference}/refunds`, refund, { reference: refund, amount });
    return answer.kind === 'payment' ? { ...answer, payment: { ...answer.payment, refundDone: refund } } : answer;
  }

  readWebhook(headers: Readonly<Record<string, string>>, body: string) {
    if (!isSigned(this.access.secret, headers, body, this.clock.now())) {
      throw ReceiveWebhook.failure('payments.webhook_signature_invalid');
    }
    const webhook = Webhook.safeParse(body);
    if (!webhook.success) throw ReceiveWebhook.failure('payments.webhook_invalid');
    const { id, data } = webhook.data;
    return { id, payment: { ...data.payment, refundDone: data.refund?.reference } };
  }

  private post(path: string, idempotencyKey: string, body: object): Promise<ProviderAnswer> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    return this.call(path, { method: 'POST', headers, body: JSON.stringify(body) }, (json) => ({
      kind: 'payment',
      payment: Payment.parse(json),
    }));
  }

  private async call(path: string, request: Request, read: (json: unknown) => ProviderAnswer): Promise<ProviderAnswer> {
    const headers = { ...request.headers, authorization: `Bearer ${this.access.secret}` };
    const url = new URL(path, this.access.url);
    let status: number;
    let json: unknown;
    try {
      const answer = await exchange(url, { ...request, headers }, ANSWER_WITHIN_MS);
      status = answer.status;
      json = JSON.parse(answer.body);
    } catch (error) {
      return { kind: 'silence', reason: errorText(error) };
    }
    if (passing(status)) return { kind: 'silence', reason: `it answered ${status}` };
    return status < 300 ? read(json) : { kind: 'refusal', ...Refusal.parse(json) };
  }
}

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('must be JSON');
    return z.NEVER;
  }
}
