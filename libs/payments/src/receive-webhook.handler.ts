import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '#kernel/base';
import { Database, WithoutTransaction } from '#kernel/core';
import { Uuid } from '#kernel/messages';
import { ReceiveWebhook } from './contracts/index.js';
import type { Payment } from './payment.js';
import { PaymentProviders } from './payment-providers.js';
import { goingOnWith, Payments } from './payments.js';
import { ProviderCalls } from './provider-calls.js';

/**
 * Most webhooks tell what the provider's answers have told: a look is all that they cost, if that. What one brings about
 * belongs to the flow of the message that asked the provider, whose late answer it is.
 */
@CommandHandler(ReceiveWebhook)
@WithoutTransaction()
export class ReceiveWebhookHandler implements ICommandHandler<ReceiveWebhook> {
  constructor(
    private readonly database: Database,
    private readonly payments: Payments,
    private readonly providers: PaymentProviders,
    private readonly calls: ProviderCalls,
    private readonly clock: Clock,
  ) {}

  async execute({ provider: name, headers, body }: ReceiveWebhook) {
    const provider = this.providers.find(name);
    if (!provider) throw ReceiveWebhook.failure('payments.provider_not_found');
    const webhook = provider.readWebhook(headers, body);
    const { reference } = webhook.payment;
    if (!Uuid.safeParse(reference).success) return; // not of our books
    const isNews = (payment: Payment): boolean => {
      payment.hear(webhook, this.clock.instant());
      return payment.changed;
    };
    const written = await this.calls.answered(reference);
    const recalled = this.payments.recall(reference);
    const news = recalled !== undefined && isNews(recalled);
    if (written && recalled && !news) return; // it was written after the webhook came: no need to look
    const payment = news ? recalled : await this.payments.find(reference);
    if (!news && !isNews(payment)) return;
    // It may come before our own books know the payment: then its row keeps it until they do.
    await goingOnWith(payment.state, () => this.database.transaction(() => this.payments.save(payment)));
  }
}
