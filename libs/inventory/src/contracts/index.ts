export {
  CommitStock,
  ReleaseStock,
  ReservationExpired,
  ReserveStock,
  StockCommitted,
  StockRefused,
  StockReleased,
  StockReserved,
} from './reservation.js';
export { AvailabilityChanged, GetStock, SetStock, Stock } from './stock.js';
