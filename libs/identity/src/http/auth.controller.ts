import { Body, Controller, Header, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '#kernel/http';
import { LogIn } from '../contracts/index.js';

@ApiTags('auth')
@Controller({ path: 'auth', version: '1' })
export class AuthController {
  constructor(private readonly commands: CommandBus) {}

  @Post('login')
  @Answers(200, LogIn, {
    summary: 'Gives an access token for an e-mail address and its password.',
    limit: 'credentials',
  })
  @Header('Cache-Control', 'no-store')
  logIn(@Body({ schema: LogIn.input }) input: LogIn) {
    return this.commands.execute(new LogIn(input));
  }
}
