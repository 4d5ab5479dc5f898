import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '#kernel/base';
import type { PaymentProvider } from './payment-provider.js';
import { PaymentsSettings } from './payments-settings.js';
import { TestProvider } from './test-provider.js';

/**
 * Opens each provider that the settings name; undefined for the others. The key is the name that orders and webhooks use.
 * A new provider is a line here.
 */
const openers: Readonly<Record<string, (settings: PaymentsSettings, clock: Clock) => PaymentProvider | undefined>> = {
  test: TestProvider.open,
};

/** The payment providers of this shop. */
@Injectable()
export class PaymentProviders implements OnApplicationBootstrap {
  private readonly logger = new Logger('Payments');
  private readonly byName = new Map<string, PaymentProvider>();

  constructor(settings: PaymentsSettings, clock: Clock) {
    for (const [name, open] of Object.entries(openers)) {
      const provider = open(settings, clock);
      if (provider) this.byName.set(name, provider);
    }
  }

  onApplicationBootstrap(): void {
    if (this.byName.size === 0)
      this.logger.warn('There is no payment provider: checkouts are refused (ordering.no_payment_provider).');
  }

  get names(): string[] {
    return [...this.byName.keys()];
  }

  find(name: string): PaymentProvider | undefined {
    return this.byName.get(name);
  }
}
