import { Module } from '@nestjs/common';
import { CartsController } from './carts.controller.js';

@Module({ controllers: [CartsController] })
export class CartHttpModule {}
