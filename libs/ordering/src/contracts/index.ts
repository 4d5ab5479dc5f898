export {
  Address,
  CancelOrder,
  GetOrder,
  Order,
  OrderCancelled,
  OrderConfirmed,
  OrderExpired,
  OrderPlaced,
  OrderRejected,
  OrderStatus,
  PaymentStatus,
  PlaceOrder,
} from './order.js';
