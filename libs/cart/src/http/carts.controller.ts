import { Body, Controller, Delete, Get, Header, Param, Post, Put, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Answers, idOr } from '#kernel/http';
import { CreateCart, GetCart, RemoveCartItem, SetCartItem } from '../contracts/index.js';

const cartId = idOr(() => GetCart.failure('cart.not_found'));
const itemSku = { schema: SetCartItem.input.shape.sku };

@ApiTags('carts')
@Controller({ path: 'carts', version: '1' })
export class CartsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Answers(201, CreateCart, {
    summary: 'A new, empty cart; `token` is the only key to it, to be sent as X-Cart-Token.',
    headers: ['Location'],
  })
  @Header('Cache-Control', 'no-store')
  async create(@Res({ passthrough: true }) reply: FastifyReply) {
    const cart = await this.commands.execute(new CreateCart({}));
    reply.header('location', `/api/v1/carts/${cart.id}`);
    return cart;
  }

  @Get(':id')
  @Answers(200, GetCart, { summary: 'A cart at today’s prices.' })
  get(@Param('id', cartId) id: string) {
    return this.queries.execute(new GetCart({ id }));
  }

  @Put(':id/items/:sku')
  @Answers(200, SetCartItem, {
    operationId: 'setCartItem',
    summary: 'Puts so many of a SKU into the cart, whatever was there before; 0 takes it out.',
  })
  setItem(
    @Param('id', cartId) cartId: string,
    @Param('sku', itemSku) sku: string,
    @Body({ schema: SetCartItem.input.pick({ quantity: true }) }) { quantity }: Pick<SetCartItem, 'quantity'>,
  ) {
    return this.commands.execute(new SetCartItem({ cartId, sku, quantity }));
  }

  @Delete(':id/items/:sku')
  @Answers(200, RemoveCartItem, { operationId: 'removeCartItem', summary: 'Takes a SKU out of the cart.' })
  removeItem(@Param('id', cartId) cartId: string, @Param('sku', itemSku) sku: string) {
    return this.commands.execute(new RemoveCartItem({ cartId, sku }));
  }
}
