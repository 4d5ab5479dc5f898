import { Module } from '@nestjs/common';
import { PaymentsController } from './payments.controller.js';
import { WebhooksController } from './webhooks.controller.js';

@Module({ controllers: [PaymentsController, WebhooksController] })
export class PaymentsHttpModule {}
