import { context } from '#kernel/core';
import { OrderingOrders1760000000000 } from '#migrations/ordering/0001-orders.js';
import { OrderingShippingAndOwners1760000100000 } from '#migrations/ordering/0002-shipping-and-owners.js';
import { OrderingVersions1760000200000 } from '#migrations/ordering/0003-versions.js';
import { Module } from '@nestjs/common';
import { CancelOrderHandler } from './cancel-order.handler.js';
import { Checkout } from './checkout.process.js';
import { CompleteOrderHandler } from './complete-order.handler.js';
import { ExpireOrderHandler } from './expire-order.handler.js';
import { GetOrderHandler } from './get-order.handler.js';
import { HandOverCartHandler } from './hand-over-cart.handler.js';
import { ListOrdersHandler } from './list-orders.handler.js';
import { OrderNumbers } from './order-numbers.js';
import { OrderingSettings } from './ordering-settings.js';
import { Orders } from './orders.js';
import { PaymentProviders } from './payment-providers.js';
import { PlaceOrderHandler } from './place-order.handler.js';
import { Settling } from './settling.js';
import { ShipOrderHandler } from './ship-order.handler.js';

@Module({
  imports: [
    context('ordering', {
      migrations: [OrderingOrders1760000000000, OrderingShippingAndOwners1760000100000, OrderingVersions1760000200000],
      settings: OrderingSettings,
    }),
  ],
  providers: [
    Orders,
    OrderNumbers,
    Settling,
    PaymentProviders,
    PlaceOrderHandler,
    GetOrderHandler,
    ListOrdersHandler,
    CancelOrderHandler,
    ExpireOrderHandler,
    HandOverCartHandler,
    ShipOrderHandler,
    CompleteOrderHandler,
    Checkout,
  ],
})
export class OrderingModule {}
