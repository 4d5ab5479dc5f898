import { Module } from '@nestjs/common';
import { OrdersController } from './orders.controller.js';
import { SettledOrder } from './settled-order.js';

@Module({ controllers: [OrdersController], providers: [SettledOrder] })
export class OrderingHttpModule {}
