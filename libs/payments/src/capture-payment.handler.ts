import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WithoutTransaction } from '#kernel/core';
import { CapturePayment } from './contracts/index.js';
import type { Payment } from './payment.js';
import { Payments } from './payments.js';
import { ProviderCalls } from './provider-calls.js';
import { captureRequest } from './request-capture.handler.js';

@CommandHandler(CapturePayment)
@WithoutTransaction()
export class CapturePaymentHandler implements ICommandHandler<CapturePayment> {
  constructor(
    private readonly calls: ProviderCalls,
    private readonly payments: Payments,
  ) {}

  execute({ paymentId }: CapturePayment) {
    const request = {
      ...captureRequest(paymentId, 0),
      wish: (payment: Payment, asked: boolean) => payment.capture(asked),
    };
    return this.calls.make(request, this.payments.recall(paymentId));
  }
}
