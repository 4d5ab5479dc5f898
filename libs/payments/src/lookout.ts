import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '#kernel/base';
import { Database, Loop, send, sql } from '#kernel/core';
import type { PaymentState } from './payment-state.js';
import { goingOnWith } from './payments.js';
import { LookAfterPayment } from './provider-requests.js';

const EVERY_MS = 1_000;
const AGAIN_AFTER_MS = 10_000;
const AT_ONCE = 100;

/**
 * Sees to payments whose provider has not told what became of them: a webhook that is lost only delays. One look for all
 * of them, where a timer for each would cost every checkout several statements, for webhooks that are seldom lost.
 */
@Injectable()
export class Lookout implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop = new Loop('Payments', 'payments not looked after', EVERY_MS, () => this.look());

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  private async look(): Promise<void> {
    const due = sql`
      select id from payment where look_at <= ${this.clock.instant()} and status in ('created', 'requires_action') order by look_at limit ${AT_ONCE}`;
    if (!(await this.database.one(due))) return;
    await this.database.transaction(async () => {
      const rows = await this.database.query<{ id: string; state: PaymentState | null }>(sql`
        update payment set look_at = ${this.clock.instant(AGAIN_AFTER_MS)} where id in (${due} for update skip locked) returning id, state`);
      for (const { id, state } of rows) goingOnWith(state ?? {}, () => send(new LookAfterPayment({ paymentId: id })));
    });
  }
}
