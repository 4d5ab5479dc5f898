export { GetOrderPayment, PaymentStatus } from './get-order-payment.js';
export { ListPaymentProviders } from './list-payment-providers.js';
export {
  AuthorizePayment,
  CancelPayment,
  CapturePayment,
  PaymentActionRequired,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  PaymentRefunded,
  PaymentVoided,
  RefundPayment,
} from './payment.js';
export { ReceiveWebhook } from './receive-webhook.js';
