import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Answers, idOr } from '#kernel/http';
import { CancelOrder, GetOrder, ListOrders, PlaceOrder, Shipping, ShipOrder } from '../contracts/index.js';
import { SettledOrder } from './settled-order.js';

const cartId = idOr(() => PlaceOrder.failure('cart.not_found'));
const orderId = idOr(() => GetOrder.failure('ordering.order_not_found'));
const Checkout = PlaceOrder.input.omit({ cartId: true });
const Shipped = Shipping.default({});
const Patience = z.object({
  wait: z.int().min(0).max(30).default(0).meta({ description: 'Seconds to wait for the order to be settled.' }),
});

@ApiTags('orders')
@Controller({ version: '1' })
export class OrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
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

  @Get('orders')
  @Answers(200, ListOrders, {
    summary: 'Orders, newest first, a page at a time: one’s own, or, with `orders.read`, everybody’s.',
  })
  list(@Query({ schema: ListOrders.input }) page: z.infer<typeof ListOrders.input>) {
    return this.queries.execute(new ListOrders(page));
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

  @Post('orders/:id/ship')
  @Answers(202, ShipOrder, {
    summary: 'The goods are on their way: of an order that is confirmed, with its money taken. Again is fine.',
  })
  ship(@Param('id', orderId) id: string, @Body({ schema: Shipped }) shipping: z.infer<typeof Shipped>) {
    return this.commands.execute(new ShipOrder({ id, ...shipping }));
  }
}
