import { createHash } from 'node:crypto';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Ids, principal, secretToken } from '#kernel';
import { Cart } from './cart.js';
import { Carts } from './carts.js';
import { CreateCart } from './contracts/index.js';

@CommandHandler(CreateCart)
export class CreateCartHandler implements ICommandHandler<CreateCart> {
  constructor(
    private readonly carts: Carts,
    private readonly ids: Ids,
  ) {}

  /** A user's cart is the user's on every device; a guest's belongs to whoever holds its token, of which only the hash stays here. */
  async execute() {
    const id = this.ids.next();
    const token = secretToken();
    const user = principal().owners.find((reference) => reference.startsWith('user:'));
    await this.carts.save(Cart.create(id, user ?? `guest:${createHash('sha256').update(token).digest('hex')}`));
    return { id, token };
  }
}
