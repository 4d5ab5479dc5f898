import type { IncomingHttpHeaders } from 'node:http';
import { Body, Controller, Headers, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '#kernel/http';
import { ReceiveWebhook } from '../contracts/index.js';

/** What a provider may sign with. Cookies and tokens go no further. */
const needed = /^(content-type|user-agent|webhook-.+|.+-signature)$/;

@ApiTags('webhooks')
@Controller({ path: 'webhooks', version: '1' })
export class WebhooksController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':provider')
  @Answers(202, ReceiveWebhook, {
    summary: 'Takes what a payment provider tells us; the signature is checked.',
    body: 'text',
    limit: 'none', // a shop's whole trade comes from few addresses, and each message is signed
  })
  receive(
    @Param('provider', { schema: ReceiveWebhook.input.shape.provider }) provider: string,
    @Headers() headers: IncomingHttpHeaders,
    @Body() body: string | undefined,
  ) {
    const passedOn = Object.entries(headers).filter(
      (header): header is [string, string] => needed.test(header[0]) && typeof header[1] === 'string',
    );
    return this.commands.execute(
      new ReceiveWebhook({ provider, headers: Object.fromEntries(passedOn), body: body ?? '' }),
    );
  }
}
