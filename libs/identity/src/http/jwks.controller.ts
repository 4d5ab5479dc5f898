import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '#kernel/http';
import { GetJwks } from '../contracts/index.js';

@ApiTags('auth')
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(private readonly queries: QueryBus) {}

  @Get('jwks.json')
  @Answers(200, GetJwks, { summary: 'The public keys by which access tokens are checked (RFC 7517).' })
  @Header('Cache-Control', 'public, max-age=60')
  keys() {
    return this.queries.execute(new GetJwks({}));
  }
}
