import { Controller, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '#kernel/http';
import { RotateSigningKey } from '../contracts/index.js';

@ApiTags('admin')
@Controller({ path: 'admin/signing-keys', version: '1' })
export class SigningKeysController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @Answers(201, RotateSigningKey, {
    summary: 'Publishes a new key for access tokens, which signs shortly after.',
    description: 'Nobody is logged out: tokens of the old key stay good until they expire.',
  })
  rotate() {
    return this.commands.execute(new RotateSigningKey({}));
  }
}
