import { type DynamicModule, Module } from '@nestjs/common';
import { GetJwks } from '#identity/contracts';
import type { Environment } from '#kernel/base';
import type { ApiOptions } from '#kernel/edge';
import { ApiSections, HttpModule, OperationsHttpModule } from '#kernel/http';
import { contexts, edges } from '../contexts.js';

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

const api: ApiOptions = {
  jwks: GetJwks,
  about: 'The API of the shop, in JSON over HTTP.',
  guest: {
    header: 'X-Cart-Token',
    scheme: 'cartToken',
    description: 'The token that came with a guest’s cart.',
    what: 'the token of the cart',
  },
};

/** Every context's edge: the same on whichever process serves HTTP, wherever the contexts themselves run. */
@Module({})
export class PublicApiModule {
  static async forRoot(environment: Environment): Promise<DynamicModule> {
    return {
      module: PublicApiModule,
      imports: [
        HttpModule.forRoot(environment, api),
        OperationsHttpModule.of(Object.keys(contexts)),
        ...(await edges()),
      ],
      providers: [{ provide: ApiSections, useValue: sections }],
    };
  }
}
