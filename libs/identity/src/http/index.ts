import { Module } from '@nestjs/common';
import { AuthController } from './auth.controller.js';
import { JwksController } from './jwks.controller.js';
import { MeController } from './me.controller.js';
import { SigningKeysController } from './signing-keys.controller.js';

@Module({ controllers: [AuthController, MeController, JwksController, SigningKeysController] })
export class IdentityHttpModule {}
