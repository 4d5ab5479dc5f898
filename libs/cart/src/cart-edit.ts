import { Injectable } from '@nestjs/common';
import { Database } from '#kernel/core';
import type { Cart } from './cart.js';
import { Carts, own } from './carts.js';
import { Catalog } from './catalog.js';
import type { Cart as CartView } from './contracts/index.js';
import type { Offers } from './offers.js';
import { priced } from './priced.js';

/** How a buyer's cart is changed: catalog is asked, then the cart is written, unless somebody else did meanwhile: then all of it is done again. */
@Injectable()
export class CartEdit {
  constructor(
    private readonly database: Database,
    private readonly carts: Carts,
    private readonly catalog: Catalog,
  ) {}

  /** `sku` is what the change is about. Answers the cart after it. @throws cart.not_found, and what `change` throws */
  async apply(cartId: string, sku: string, change: (cart: Cart, offers: Offers) => void): Promise<CartView> {
    const changed = async (cart: Cart | undefined): Promise<[Cart, Offers]> => {
      const offers = await this.catalog.offers([...own(cart).state.lines.map((line) => line.sku), sku]);
      change(cart!, offers);
      return [cart!, offers];
    };
    const read = async () => changed(await this.carts.find(cartId));
    const recalled = this.carts.recalled(cartId);
    const [cart, offers] = await (recalled ? changed(recalled).catch(read) : read()); // only what was read refuses
    return this.database.transaction(async () => {
      await this.carts.save(cart);
      return priced(cart.state, offers);
    });
  }
}
