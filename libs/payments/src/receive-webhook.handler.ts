import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock, Database, sql } from '#kernel';
import { Uuid } from '#kernel/messages';
import { ReceiveWebhook } from './contracts/index.js';
import { PaymentProviders } from './payment-providers.js';
import { Payments } from './payments.js';

@CommandHandler(ReceiveWebhook)
export class ReceiveWebhookHandler implements ICommandHandler<ReceiveWebhook> {
  constructor(
    private readonly database: Database,
    private readonly payments: Payments,
    private readonly providers: PaymentProviders,
    private readonly clock: Clock,
  ) {}

  async execute({ provider: name, headers, body }: ReceiveWebhook) {
    const provider = this.providers.find(name);
    if (!provider) throw ReceiveWebhook.failure('payments.provider_not_found');
    const { id, payment: seen } = provider.readWebhook(headers, body);
    const receipt = await this.database.one(sql`
      insert into webhook_receipt (provider, event_id, received_at) values (${name}, ${id}, ${this.clock.instant()})
      on conflict do nothing returning 1`);
    if (!receipt || !Uuid.safeParse(seen.reference).success) return;
    const payment = await this.payments.lock(seen.reference);
    if (!payment) return; // not of our books; the receipt stands, so that the provider need not tell it again
    payment.learn(seen, this.clock.instant());
    await this.payments.save(payment);
  }
}
