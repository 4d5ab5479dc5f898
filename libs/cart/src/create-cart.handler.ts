import { createHash } from 'node:crypto';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Ids, secretToken } from '#kernel/base';
import { Cart } from './cart.js';
import { Carts } from './carts.js';
import { CreateCart } from './contracts/index.js';
import { member } from './member.js';

@CommandHandler(CreateCart)
export class CreateCartHandler implements ICommandHandler<CreateCart> {
  constructor(
    private readonly carts: Carts,
    private readonly ids: Ids,
  ) {}

  /** A member has one active cart, on every device; a guest's belongs to whoever holds its token, of which only the hash stays here. */
  async execute() {
    const id = this.ids.next();
    const user = member();
    if (user) return { id: await this.carts.open(id, user) };
    const token = secretToken();
    await this.carts.save(Cart.create(id, `guest:${createHash('sha256').update(token).digest('hex')}`));
    return { id, token };
  }
}
