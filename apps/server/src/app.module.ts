import { type DynamicModule, Module } from '@nestjs/common';
import { CartModule } from '#cart';
import { CatalogModule } from '#catalog';
import { IdentityModule } from '#identity';
import { InventoryModule } from '#inventory';
import { KernelModule, type KernelOptions } from '#kernel';
import { OrderingModule } from '#ordering';
import { PaymentsModule } from '#payments';
import { PublicApiModule } from './http/public-api.module.js';

/** The monolith: the core and the edge of every context. */
@Module({ imports: [IdentityModule, CatalogModule, InventoryModule, CartModule, OrderingModule, PaymentsModule] })
export class AppModule {
  static of(options: KernelOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [KernelModule.forRoot(options), PublicApiModule.forRoot(options.environment)],
    };
  }
}
