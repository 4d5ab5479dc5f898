import { uuidv7 } from 'uuidv7';
import type { Refund } from './payment.js';
import type { Payment } from './payment-data.js';
import type { Store } from './store.js';
import { copiesOfWebhooks } from './tokens.js';
import { instant, paymentView, refundView } from './views.js';

export type EventType = 'authorized' | 'declined' | 'requires_action' | 'captured' | 'refunded' | 'voided';

export interface Webhook {
  seq: number;
  id: string;
  paymentId: string;
  url: string;
  body: string;
  copies: number;
  attempts: number;
  /** The first time it could be sent. */
  since: number;
}

const firstDelay = 200;
const longestDelay = 5_000;
const giveUpAfter = 3 * 24 * 60 * 60 * 1_000;

/** When to try again after `attempts` failures, or null: it is given up. */
export function nextAttempt({ since }: Pick<Webhook, 'since'>, attempts: number, now: number): number | null {
  if (now - since >= giveUpAfter) return null;
  return now + Math.min(longestDelay, firstDelay * 2 ** (attempts - 1));
}

/** The webhooks that are still to be delivered. Everything that changes it runs inside `store.write`. */
export class WebhookQueue {
  private readonly sql;

  constructor(store: Store) {
    this.sql = {
      insert: store.prepare(
        `insert into webhooks (id, paymentId, url, body, copies, since, due)
         values (:id, :paymentId, :url, :body, :copies, :since,
                 iif(exists (select 1 from webhooks where paymentId = :paymentId), null, :since))`,
      ),
      due: store.prepare('select seq from webhooks where due <= ? order by due, seq limit ?'),
      get: store.prepare('select * from webhooks where seq = ?'),
      nextDue: store.prepare('select min(due) as due from webhooks where due > ?'),
      remove: store.prepare('delete from webhooks where seq = ?'),
      promote: store.prepare(
        `update webhooks set due = max(since, :now)
         where seq = (select min(seq) from webhooks where paymentId = :paymentId)`,
      ),
      postpone: store.prepare('update webhooks set attempts = :attempts, due = :due where seq = :seq'),
    };
  }

  /** Tells of the payment as it is now, though perhaps later; `url` is the provider's own. */
  add(type: EventType, payment: Payment, url: string, now: number, refund?: Refund): void {
    const id = `msg_${uuidv7()}`;
    const data = { payment: paymentView(payment, url), ...(refund && { refund: refundView(refund, payment) }) };
    this.sql.insert.run({
      id,
      paymentId: payment.id,
      url: payment.webhookUrl,
      body: JSON.stringify({ id, type: `payment.${type}`, createdAt: instant(now), data }),
      copies: copiesOfWebhooks(payment.token),
      since: Math.max(now, payment.silentUntil ?? 0),
    });
  }

  /** The numbers of those that may be sent now, the longest due first. Read from the index alone: it is asked often. */
  due(now: number, limit: number): number[] {
    return this.sql.due.all(now, limit).map(({ seq }) => seq as number);
  }

  get(seq: number): Webhook {
    return this.sql.get.get(seq) as unknown as Webhook;
  }

  nextDue(now: number): number | null {
    return (this.sql.nextDue.get(now) as { due: number | null }).due;
  }

  /** Taken or given up: the payment's next one may go. */
  remove({ seq, paymentId }: Webhook, now: number): void {
    this.sql.remove.run(seq);
    this.sql.promote.run({ paymentId, now });
  }

  postpone({ seq }: Webhook, attempts: number, due: number): void {
    this.sql.postpone.run({ seq, attempts, due });
  }
}
