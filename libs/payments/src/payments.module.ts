import { Module } from '@nestjs/common';
import { context } from '#kernel/core';
import { PaymentState1760000001000 } from '#migrations/payments/payment-state.js';
import { PaymentsTables1760000000000 } from '#migrations/payments/payment-tables.js';
import { AuthorizePaymentHandler } from './authorize-payment.handler.js';
import { CancelPaymentHandler } from './cancel-payment.handler.js';
import { CapturePaymentHandler } from './capture-payment.handler.js';
import { GetOrderPaymentHandler } from './get-order-payment.handler.js';
import { ListPaymentProvidersHandler } from './list-payment-providers.handler.js';
import { LookAfterPaymentHandler } from './look-after-payment.handler.js';
import { Lookout } from './lookout.js';
import { PaymentProviders } from './payment-providers.js';
import { Payments } from './payments.js';
import { PaymentsSettings } from './payments-settings.js';
import { ProviderCalls } from './provider-calls.js';
import { ReceiveWebhookHandler } from './receive-webhook.handler.js';
import { RefundPaymentHandler } from './refund-payment.handler.js';
import { RequestAuthorizationHandler } from './request-authorization.handler.js';
import { RequestCaptureHandler } from './request-capture.handler.js';
import { RequestRefundHandler } from './request-refund.handler.js';
import { RequestVoidHandler } from './request-void.handler.js';

@Module({
  imports: [
    context('payments', {
      migrations: [PaymentsTables1760000000000, PaymentState1760000001000],
      settings: PaymentsSettings,
    }),
  ],
  providers: [
    Payments,
    PaymentProviders,
    ProviderCalls,
    Lookout,
    AuthorizePaymentHandler,
    CapturePaymentHandler,
    CancelPaymentHandler,
    RefundPaymentHandler,
    GetOrderPaymentHandler,
    ListPaymentProvidersHandler,
    RequestAuthorizationHandler,
    LookAfterPaymentHandler,
    RequestCaptureHandler,
    RequestVoidHandler,
    RequestRefundHandler,
    ReceiveWebhookHandler,
  ],
})
export class PaymentsModule {}
