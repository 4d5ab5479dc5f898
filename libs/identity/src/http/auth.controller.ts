import { Body, Controller, Header, Ip, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type * as z from 'zod';
import { secretToken } from '#kernel/base';
import { Answers } from '#kernel/http';
import { LogIn, LogOut, Refresh, Register } from '../contracts/index.js';

const Credentials = LogIn.input.pick({ email: true, password: true });
const Refreshing = Refresh.input.pick({ refreshToken: true });

@ApiTags('auth')
@Controller({ path: 'auth', version: '1' })
export class AuthController {
  constructor(private readonly commands: CommandBus) {}

  @Post('register')
  @Answers(201, Register, { summary: 'Opens a customer’s account.', limit: 'credentials' })
  register(@Body({ schema: Register.input }) input: Register) {
    return this.commands.execute(new Register(input));
  }

  @Post('login')
  @Answers(200, LogIn, {
    summary: 'Gives an access token for an e-mail address and its password.',
    limit: 'credentials',
    description: 'Whoever fails too often from one address waits, longer each time. That locks nobody out elsewhere.',
  })
  @Header('Cache-Control', 'no-store')
  logIn(@Body({ schema: Credentials }) { email, password }: z.output<typeof Credentials>, @Ip() address: string) {
    return this.commands.execute(new LogIn({ email, password, address, attempt: secretToken() }));
  }

  @Post('refresh')
  @Answers(200, Refresh, {
    limit: 'credentials',
    summary: 'Gives new tokens for a refresh token.',
    description:
      'A refresh token can be used once; used a second time, it revokes all tokens that came of the same log-in. A request whose answer was lost cannot be repeated, under no key: log in again.',
  })
  @Header('Cache-Control', 'no-store')
  refresh(@Body({ schema: Refreshing }) { refreshToken }: z.output<typeof Refreshing>) {
    return this.commands.execute(new Refresh({ refreshToken, attempt: secretToken() }));
  }

  @Post('logout')
  @Answers(204, LogOut, { summary: 'Revokes a refresh token, and all that came of the same log-in.' })
  logOut(@Body({ schema: LogOut.input }) input: LogOut) {
    return this.commands.execute(new LogOut(input));
  }
}
