import { z } from 'zod';
import { Refusal } from './refusal.js';

const Reference = z.string().regex(/^[ -~]{1,200}$/, 'must be 1 to 200 printable ASCII characters');
const Url = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });
const Instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const Money = z.strictObject({
  amount: z.int().positive('must be a positive integer, in minor units'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code'),
});

export const CreatePayment = z.strictObject({
  reference: Reference,
  amount: Money,
  token: z.string().min(1).max(200),
  expiresAt: Instant,
  webhookUrl: Url,
  returnUrl: Url.optional(),
});
export type CreatePayment = z.infer<typeof CreatePayment>;

export const CapturePayment = z.strictObject({ amount: Money.optional() });
export const RefundPayment = z.strictObject({ reference: Reference, amount: Money });
export const VoidPayment = z.strictObject({});
export const VoidByReference = z.strictObject({ reference: Reference });
export const PageAction = z.object({ outcome: z.enum(['approve', 'decline']) });

export const ListPayments = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: z.string().default(''),
});
export const FindPayments = z.strictObject({ reference: Reference });

export const IdempotencyKey = Reference;

/** The input as the schema has it, or a refusal that names every field that is wrong. */
export function read<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const said = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  throw new Refusal('invalid_request', said.join('; '));
}
