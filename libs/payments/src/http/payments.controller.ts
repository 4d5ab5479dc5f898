import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type * as z from 'zod';
import { Answers, idOr } from '#kernel/http';
import { GetOrderPayment, RefundPayment } from '../contracts/index.js';

const orderId = idOr(() => GetOrderPayment.failure('payments.payment_not_found'));
const paymentId = idOr(() => RefundPayment.failure('payments.payment_not_found'));
const Refund = RefundPayment.input.omit({ paymentId: true });

@ApiTags('payments')
@Controller({ version: '1' })
export class PaymentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('orders/:id/payment')
  @Answers(200, GetOrderPayment, { summary: 'The payment of an order, with its history.' })
  ofOrder(@Param('id', orderId) orderId: string) {
    return this.queries.execute(new GetOrderPayment({ orderId }));
  }

  @Post('payments/:id/refunds')
  @Answers(202, RefundPayment, {
    summary: 'Gives some of the captured money back; the payment’s history tells what became of it.',
    idempotencyKey: 'required',
  })
  refund(@Param('id', paymentId) paymentId: string, @Body({ schema: Refund }) refund: z.infer<typeof Refund>) {
    return this.commands.execute(new RefundPayment({ paymentId, ...refund }));
  }
}
