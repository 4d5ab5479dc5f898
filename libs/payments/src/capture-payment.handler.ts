import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WithoutTransaction } from '#kernel';
import { CapturePayment } from './contracts/index.js';
import { ProviderCalls } from './provider-calls.js';
import { captureRequest } from './request-capture.handler.js';

@CommandHandler(CapturePayment)
@WithoutTransaction()
export class CapturePaymentHandler implements ICommandHandler<CapturePayment> {
  constructor(private readonly calls: ProviderCalls) {}

  execute({ paymentId }: CapturePayment) {
    return this.calls.make({
      ...captureRequest(paymentId, 0),
      wish: (payment, asked) => payment.capture(asked),
    });
  }
}
