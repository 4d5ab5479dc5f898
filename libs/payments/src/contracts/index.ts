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
} from './payment.js';
export { ReceiveWebhook } from './receive-webhook.js';
