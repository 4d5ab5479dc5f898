import { type DynamicModule, Module } from '@nestjs/common';
import { CartHttpModule } from '#cart/http';
import { CatalogHttpModule } from '#catalog/http';
import { GetJwks } from '#identity/contracts';
import { IdentityHttpModule } from '#identity/http';
import { InventoryHttpModule } from '#inventory/http';
import type { Environment } from '#kernel';
import { HttpModule, OperationsHttpModule } from '#kernel/http';
import { OrderingHttpModule } from '#ordering/http';
import { PaymentsHttpModule } from '#payments/http';

/** Every context there is: whom the operators' API asks. */
const contexts = ['identity', 'catalog', 'inventory', 'cart', 'ordering', 'payments'];

/** Every context's edge: the same on whichever process serves HTTP, wherever the contexts themselves run. */
@Module({
  imports: [
    IdentityHttpModule,
    CatalogHttpModule,
    InventoryHttpModule,
    CartHttpModule,
    OrderingHttpModule,
    PaymentsHttpModule,
  ],
})
export class PublicApiModule {
  static forRoot(environment: Environment): DynamicModule {
    return {
      module: PublicApiModule,
      imports: [HttpModule.forRoot(environment, GetJwks), OperationsHttpModule.of(contexts)],
    };
  }
}
