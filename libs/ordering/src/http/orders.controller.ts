import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Answers, idOr } from '#kernel/http';
import { CancelOrder, GetOrder, PlaceOrder } from '../contracts/index.js';
import { SettledOrder } from './settled-order.js';

const cartId = idOr(() => PlaceOrder.failure('cart.not_found'));
const orderId = idOr(() => GetOrder.failure('ordering.order_not_found'));
const Checkout = PlaceOrder.input.omit({ cartId: true });
const Patience = z.object({
  wait: z.int().min(0).max(30).default(0).meta({ description: 'Seconds to wait for the order to be settled.' }),
});

@ApiTags('orders')
@Controller({ version: '1' })
export class OrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly orders: SettledOrder,
  ) {}

  @Post('carts/:id/checkout')
  @Answers(202, PlaceOrder, {
    summary: 'Makes an order of a cart, at today’s prices. Ask for the order to see what became of it.',
    idempotencyKey: 'required',
    headers: ['Location'],
  })
  async checkout(
    @Param('id', cartId) cartId: string,
    @Body({ schema: Checkout }) checkout: z.infer<typeof Checkout>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const placed = await this.commands.execute(new PlaceOrder({ cartId, ...checkout }));
    reply.header('location', `/api/v1/orders/${placed.orderId}`);
    return placed;
  }

  @Get('orders/:id')
  @Answers(200, GetOrder, { summary: 'One order, with its history.' })
  get(
    @Param('id', orderId) id: string,
    @Query({ schema: Patience }) { wait }: z.infer<typeof Patience>,
    @Req() request: FastifyRequest,
  ) {
    return this.orders.of(id, wait, request.signal);
  }

  @Post('orders/:id/cancel')
  @Answers(202, CancelOrder, {
    summary: 'Stops the order, whatever has happened: stock goes back, so does the money. Again is fine.',
  })
  cancel(@Param('id', orderId) id: string) {
    return this.commands.execute(new CancelOrder({ id }));
  }
}
