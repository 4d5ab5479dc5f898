import { Controller, Get } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '#kernel/http';
import { GetMe } from '../contracts/index.js';

@ApiTags('me')
@Controller({ path: 'me', version: '1' })
export class MeController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @Answers(200, GetMe, { summary: 'The account that is logged in.' })
  get() {
    return this.queries.execute(new GetMe({}));
  }
}
