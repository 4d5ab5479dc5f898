import { randomUUID } from 'node:crypto';

export interface MoneyBody {
  amount: number;
  currency: string;
}

export interface PaymentBody {
  id: string;
  reference: string;
  status: string;
  amount: MoneyBody;
  captured: MoneyBody;
  refunded: MoneyBody;
  declineReason?: string;
  nextAction?: { url: string };
  expiresAt: string;
  createdAt: string;
}

export interface Answered<Body = PaymentBody & ErrorBody> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface ErrorBody {
  code: string;
  message: string;
  payment?: PaymentBody;
}

type Fields = Record<string, unknown>;

export const euros = (amount: number): MoneyBody => ({ amount, currency: 'EUR' });
export const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** Speaks to the provider as a shop would. Keys and references are new ones unless given. */
export class Client {
  constructor(
    readonly url: string,
    private readonly webhookUrl: string,
    private readonly secret: string,
  ) {}

  input(token: string, fields: Fields = {}) {
    return {
      reference: randomUUID() as string,
      amount: euros(1_000),
      token,
      expiresAt: inMs(60_000),
      webhookUrl: this.webhookUrl,
      ...fields,
    };
  }

  create(input: Fields, key: string = randomUUID(), signal?: AbortSignal) {
    return this.call('POST', '/v1/payments', input, key, signal);
  }

  get(id: string, signal?: AbortSignal) {
    return this.call('GET', `/v1/payments/${id}`, undefined, undefined, signal);
  }

  async list(query: Record<string, string>, signal?: AbortSignal) {
    const path = `/v1/payments?${new URLSearchParams(query).toString()}`;
    const answered = await this.call('GET', path, undefined, undefined, signal);
    return answered as unknown as Answered<{ items: PaymentBody[]; next?: string | null } & ErrorBody>;
  }

  capture(id: string, input?: Fields, key: string = randomUUID()) {
    return this.call('POST', `/v1/payments/${id}/capture`, input, key);
  }

  refund(id: string, amount: number, reference: string = randomUUID(), key: string = randomUUID()) {
    return this.call('POST', `/v1/payments/${id}/refunds`, { reference, amount: euros(amount) }, key);
  }

  void(id: string, key: string = randomUUID()) {
    return this.call('POST', `/v1/payments/${id}/void`, undefined, key);
  }

  voidByReference(reference: string, key: string = randomUUID()) {
    return this.call('POST', '/v1/payments/void', { reference }, key);
  }

  async call(method: string, path: string, body?: unknown, key?: string, signal?: AbortSignal): Promise<Answered> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.secret}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answered['body'] };
  }
}
