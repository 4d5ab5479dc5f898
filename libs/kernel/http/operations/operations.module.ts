import { type DynamicModule, Module } from '@nestjs/common';
import { CONTEXTS, Fleet } from '#kernel/edge';
import { OperationsController } from './operations.controller.js';

/** The operators' API. Imported once, where the contexts of the application are known. */
@Module({ controllers: [OperationsController], providers: [Fleet] })
export class OperationsHttpModule {
  static of(contexts: readonly string[]): DynamicModule {
    return { module: OperationsHttpModule, providers: [{ provide: CONTEXTS, useValue: contexts }] };
  }
}
