import { type DynamicModule, Module } from '@nestjs/common';
import { CartHttpModule } from '#cart/http';
import { CatalogHttpModule } from '#catalog/http';
import { GetJwks } from '#identity/contracts';
import { IdentityHttpModule } from '#identity/http';
import { InventoryHttpModule } from '#inventory/http';
import type { Environment } from '#kernel';
import { ApiSections, HttpModule, OperationsHttpModule } from '#kernel/http';
import { OrderingHttpModule } from '#ordering/http';
import { PaymentsHttpModule } from '#payments/http';

/** Every context there is: whom the operators' API asks. */
const contexts = ['identity', 'catalog', 'inventory', 'cart', 'ordering', 'payments'];

const sections = new ApiSections({
  auth: 'Logging in, and the keys by which access tokens are checked.',
  me: 'Whoever is logged in, and what the shop knows of them.',
  users: 'Accounts and what they may do.',
  products: 'The catalogue: what the shop sells, and how it gets in.',
  categories: 'How products are arranged.',
  media: 'Pictures of products.',
  stock: 'How many pieces of a SKU there are.',
  carts: 'What somebody is about to buy. A guest holds a cart by its token.',
  orders: 'Checkout, and what became of it: an order goes on by itself until it is settled.',
  payments: 'Money that was asked for, taken and given back.',
  notifications: 'What was written to customers.',
  webhooks: 'What others tell us, signed.',
  admin: 'What only the shopkeeper does.',
  operations: 'Messages on their way: what waits, what failed, what one request set going.',
});

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
      providers: [{ provide: ApiSections, useValue: sections }],
    };
  }
}
