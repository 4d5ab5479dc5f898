import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Claim } from './claim.js';
import { TakeOverCart } from './contracts/index.js';

@CommandHandler(TakeOverCart)
export class TakeOverCartHandler implements ICommandHandler<TakeOverCart> {
  constructor(private readonly claim: Claim) {}

  async execute({ cartId, owner }: TakeOverCart) {
    await this.claim.settle(cartId, owner);
  }
}
