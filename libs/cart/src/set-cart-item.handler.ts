import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { WithoutTransaction } from '#kernel/core';
import { CartEdit } from './cart-edit.js';
import { SetCartItem } from './contracts/index.js';

@CommandHandler(SetCartItem)
@WithoutTransaction()
export class SetCartItemHandler implements ICommandHandler<SetCartItem> {
  constructor(private readonly edit: CartEdit) {}

  execute({ cartId, sku, quantity }: SetCartItem) {
    return this.edit.apply(cartId, sku, (cart, offers) => cart.put(sku, quantity, offers.of(sku)));
  }
}
