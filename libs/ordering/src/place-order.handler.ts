import { Clock, Database, Ids, isUniqueViolation, owns, WithoutTransaction } from '#kernel';
import { GetCartForCheckout } from '#cart/contracts';
import { GetOffers } from '#catalog/contracts';
import { CommandHandler, type ICommandHandler, QueryBus } from '@nestjs/cqrs';
import { PlaceOrder } from './contracts/index.js';
import { Order, type OrderState } from './order.js';
import { OrderingSettings } from './ordering-settings.js';
import { Orders } from './orders.js';

/** The stock is held this much longer than the payment may take: a payment in the last second still finds it. */
const HOLD_MARGIN_MS = 60_000;

@CommandHandler(PlaceOrder)
@WithoutTransaction()
export class PlaceOrderHandler implements ICommandHandler<PlaceOrder> {
  constructor(
    private readonly queries: QueryBus,
    private readonly orders: Orders,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly settings: OrderingSettings,
  ) {}

  async execute(command: PlaceOrder) {
    const { cartId, email, shippingAddress, payment } = command;
    const cart = await this.queries.execute(new GetCartForCheckout({ id: cartId }));
    if (!owns(cart.owner)) throw PlaceOrder.failure('cart.not_found');
    if (cart.lines.length === 0) throw PlaceOrder.failure('ordering.cart_empty');
    const lines = await this.price(cart.lines);
    return this.database.transaction(async () => {
      const live = await this.orders.liveOrderOf(cartId);
      if (live) throw PlaceOrder.failure('ordering.cart_has_order', { orderId: live });
      const payWithinMs = this.settings.ORDERING_PAYMENT_TIMEOUT * 1_000;
      const order = Order.place({
        id: this.ids.next(),
        number: await this.orders.nextNumber(),
        cartId,
        owner: cart.owner,
        email,
        shippingAddress,
        lines,
        payment: { id: this.ids.next(), ...payment },
        now: this.clock.instant(),
        payBy: this.clock.instant(payWithinMs),
        holdUntil: this.clock.instant(payWithinMs + HOLD_MARGIN_MS),
      });
      await this.orders.save(order).catch((error: unknown) => this.refuseSecond(error));
      return { orderId: order.state.id, number: order.state.number };
    });
  }

  private async price(lines: readonly { sku: string; quantity: number }[]): Promise<OrderState['lines']> {
    const { offers } = await this.queries.execute(new GetOffers({ skus: lines.map(({ sku }) => sku) }));
    const bySku = new Map(offers.map((offer) => [offer.sku, offer]));
    const gone = lines.filter(({ sku }) => !bySku.has(sku)).map(({ sku }) => sku);
    if (gone.length > 0) throw PlaceOrder.failure('ordering.product_unavailable', { skus: gone });
    return lines.map(({ sku, quantity }) => {
      const { title, price } = bySku.get(sku)!;
      return { sku, title, quantity, unitPrice: price, lineTotal: { ...price, amount: price.amount * quantity } };
    });
  }

  /** Two checkouts of one cart at once: the index lets one through; a next attempt of the other finds whose. */
  private refuseSecond(error: unknown): never {
    throw isUniqueViolation(error, 'orders_live') ? new ConcurrentCheckout() : error;
  }
}

/** Told as PostgreSQL's serialization failure: nothing happened, and the bus tries again. */
class ConcurrentCheckout extends Error {
  readonly code = '40001';
}
