import { Module } from '@nestjs/common';
import { context } from '#kernel/core';
import { CartTables1760000000000 } from '#migrations/cart/cart-tables.js';
import { MemberCarts1760000100000 } from '#migrations/cart/member-carts.js';
import { CartVersions1760000200000 } from '#migrations/cart/cart-versions.js';
import { CartEdit } from './cart-edit.js';
import { CartOrders } from './cart-orders.js';
import { Carts } from './carts.js';
import { Catalog } from './catalog.js';
import { ClaimCartHandler } from './claim-cart.handler.js';
import { Claim } from './claim.js';
import { CreateCartHandler } from './create-cart.handler.js';
import { GetCartForCheckoutHandler } from './get-cart-for-checkout.handler.js';
import { GetCartHandler } from './get-cart.handler.js';
import { RemoveCartItemHandler } from './remove-cart-item.handler.js';
import { SetCartItemHandler } from './set-cart-item.handler.js';
import { TakeOverCartHandler } from './take-over-cart.handler.js';

@Module({
  imports: [
    context('cart', {
      migrations: [CartTables1760000000000, MemberCarts1760000100000, CartVersions1760000200000],
    }),
  ],
  providers: [
    Carts,
    CartEdit,
    CartOrders,
    Catalog,
    Claim,
    ClaimCartHandler,
    CreateCartHandler,
    GetCartHandler,
    GetCartForCheckoutHandler,
    SetCartItemHandler,
    RemoveCartItemHandler,
    TakeOverCartHandler,
  ],
})
export class CartModule {}
