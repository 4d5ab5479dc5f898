import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '#kernel/base';
import { WithoutTransaction } from '#kernel/core';
import { AuthorizePayment } from './contracts/index.js';
import { Payment } from './payment.js';
import { ProviderCalls } from './provider-calls.js';
import { RequestAuthorization } from './provider-requests.js';

/**
 * Asks first and writes then. A crash in between repeats it under the same idempotency key, with the same answer;
 * CancelPayment waits behind it; a webhook that is faster is kept in the payment's row, which `authorize` then learns.
 */
@CommandHandler(AuthorizePayment)
@WithoutTransaction()
export class AuthorizePaymentHandler implements ICommandHandler<AuthorizePayment> {
  constructor(
    private readonly calls: ProviderCalls,
    private readonly clock: Clock,
  ) {}

  execute(command: AuthorizePayment) {
    const { paymentId, token } = command;
    return this.calls.make(
      {
        paymentId,
        attempt: 0,
        wish: (payment) => payment.authorize(command, this.clock.instant()),
        due: (payment) => payment.awaitsAuthorization && !payment.lookDue,
        ask: (provider) => provider.authorize(command),
        refused: (payment, code) => payment.fail(code),
        again: (attempt) => new RequestAuthorization({ paymentId, token, attempt }),
      },
      new Payment(paymentId), // nothing is known of it yet: no need to look
    );
  }
}
