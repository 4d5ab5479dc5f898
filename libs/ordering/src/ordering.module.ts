import { context } from '#kernel';
import { OrderingOrders1760000000000 } from '#migrations/ordering/0001-orders.js';
import { Module } from '@nestjs/common';
import { CancelOrderHandler } from './cancel-order.handler.js';
import { Checkout } from './checkout.process.js';
import { ExpireOrderHandler } from './expire-order.handler.js';
import { GetOrderHandler } from './get-order.handler.js';
import { OrderingSettings } from './ordering-settings.js';
import { Orders } from './orders.js';
import { PlaceOrderHandler } from './place-order.handler.js';

@Module({
  imports: [context('ordering', { migrations: [OrderingOrders1760000000000], settings: OrderingSettings })],
  providers: [Orders, PlaceOrderHandler, GetOrderHandler, CancelOrderHandler, ExpireOrderHandler, Checkout],
})
export class OrderingModule {}
