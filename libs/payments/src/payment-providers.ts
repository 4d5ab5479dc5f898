import { Injectable } from '@nestjs/common';
import type { PaymentProvider } from './payment-provider.js';
import { TestProvider } from './test-provider.js';

/** The providers, by the name that orders and webhooks call them. */
@Injectable()
export class PaymentProviders {
  private readonly byName: ReadonlyMap<string, PaymentProvider>;

  constructor(test: TestProvider) {
    this.byName = new Map([['test', test]]);
  }

  find(name: string): PaymentProvider | undefined {
    return this.byName.get(name);
  }
}
