import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WithoutTransaction } from '#kernel/core';
import { CartEdit } from './cart-edit.js';
import { RemoveCartItem } from './contracts/index.js';

@CommandHandler(RemoveCartItem)
@WithoutTransaction()
export class RemoveCartItemHandler implements ICommandHandler<RemoveCartItem> {
  constructor(private readonly edit: CartEdit) {}

  execute({ cartId, sku }: RemoveCartItem) {
    return this.edit.apply(cartId, sku, (cart) => cart.remove(sku));
  }
}
