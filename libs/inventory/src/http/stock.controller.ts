import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '#kernel/http';
import { GetStock, SetStock } from '../contracts/index.js';

const sku = { schema: GetStock.input.shape.sku };

@ApiTags('stock')
@Controller({ path: 'stock', version: '1' })
export class StockController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get(':sku')
  @Answers(200, GetStock, { summary: 'How many pieces of a SKU there are.' })
  get(@Param('sku', sku) sku: string) {
    return this.queries.execute(new GetStock({ sku }));
  }

  @Put(':sku')
  @Answers(200, SetStock, { summary: 'Says how many pieces of a SKU there are.' })
  set(
    @Param('sku', sku) sku: string,
    @Body({ schema: SetStock.input.omit({ sku: true }) }) { onHand }: Pick<SetStock, 'onHand'>,
  ) {
    return this.commands.execute(new SetStock({ sku, onHand }));
  }
}
