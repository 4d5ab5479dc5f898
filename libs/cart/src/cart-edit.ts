import { Injectable } from '@nestjs/common';
import { Database } from '#kernel';
import { CartSettings } from './cart-settings.js';
import type { Cart } from './cart.js';
import { Carts, own } from './carts.js';
import { Catalog } from './catalog.js';
import type { Cart as CartView } from './contracts/index.js';
import type { Offers } from './offers.js';
import { priced } from './priced.js';

/** How a buyer's cart is changed: catalog is asked first, then one transaction locks the cart, so that no writer loses to another. */
@Injectable()
export class CartEdit {
  constructor(
    private readonly database: Database,
    private readonly carts: Carts,
    private readonly catalog: Catalog,
    private readonly settings: CartSettings,
  ) {}

  /** `sku` is what the change is about. Answers the cart after it. @throws cart.not_found, and what `change` throws */
  async apply(cartId: string, sku: string, change: (cart: Cart, offers: Offers) => void): Promise<CartView> {
    const { lines } = own(await this.carts.find(cartId)).state;
    const offers = await this.catalog.offers([...lines.map((line) => line.sku), sku]);
    return this.database.transaction(async () => {
      const cart = own(await this.carts.lock(cartId));
      change(cart, offers);
      await this.carts.save(cart);
      return priced(cart.state, offers, this.settings.CLEAVE_CURRENCY);
    });
  }
}
