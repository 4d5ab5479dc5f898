import { type DynamicModule, Module } from '@nestjs/common';
import { KernelModule, type KernelOptions } from '#kernel';
import { HttpModule } from '#kernel/http';
import { CartModule } from '#cart';
import { CartHttpModule } from '#cart/http';
import { CatalogModule } from '#catalog';
import { CatalogHttpModule } from '#catalog/http';
import { IdentityModule } from '#identity';
import { GetJwks } from '#identity/contracts';
import { IdentityHttpModule } from '#identity/http';
import { InventoryModule } from '#inventory';
import { InventoryHttpModule } from '#inventory/http';
import { OrderingModule } from '#ordering';
import { OrderingHttpModule } from '#ordering/http';
import { PaymentsModule } from '#payments';
import { PaymentsHttpModule } from '#payments/http';

/** The monolith: the core and the edge of every context. */
@Module({})
export class AppModule {
  static of(options: KernelOptions): DynamicModule {
    const cores = [IdentityModule, CatalogModule, InventoryModule, CartModule, OrderingModule, PaymentsModule];
    const edges = [IdentityHttpModule, CatalogHttpModule, InventoryHttpModule, CartHttpModule, OrderingHttpModule, PaymentsHttpModule];
    return { module: AppModule, imports: [KernelModule.forRoot(options), HttpModule.forRoot(options.environment, GetJwks), ...cores, ...edges] };
  }
}
