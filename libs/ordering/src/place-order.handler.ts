import { Clock, Ids } from '#kernel/base';
import { ConcurrentChange, Database, isUniqueViolation, owns, WithoutTransaction } from '#kernel/core';
import { InexactAmount, multiplyMoney } from '#kernel/messages';
import { GetCartForCheckout } from '#cart/contracts';
import { GetOffers } from '#catalog/contracts';
import { CommandHandler, type ICommandHandler, QueryBus } from '@nestjs/cqrs';
import { PlaceOrder } from './contracts/index.js';
import { Order, type OrderState } from './order.js';
import { OrderNumbers } from './order-numbers.js';
import { OrderingSettings } from './ordering-settings.js';
import { Orders } from './orders.js';
import { PaymentProviders } from './payment-providers.js';

/** The stock is held this much longer than the payment may take: a payment in the last second still finds it. */
const HOLD_MARGIN_MS = 60_000;

@CommandHandler(PlaceOrder)
@WithoutTransaction()
export class PlaceOrderHandler implements ICommandHandler<PlaceOrder> {
  constructor(
    private readonly queries: QueryBus,
    private readonly orders: Orders,
    private readonly numbers: OrderNumbers,
    private readonly providers: PaymentProviders,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly settings: OrderingSettings,
  ) {}

  async execute({ cartId, email, shippingAddress, payment }: PlaceOrder) {
    const cart = await this.queries.execute(new GetCartForCheckout({ id: cartId }));
    if (!owns(cart.owner)) throw PlaceOrder.failure('cart.not_found');
    if (cart.status === 'merged' || cart.status === 'abandoned') throw PlaceOrder.failure('cart.not_active');
    if (cart.lines.length === 0) throw PlaceOrder.failure('ordering.cart_empty');
    await this.checkProvider(payment.provider);
    try {
      const [lines, number] = await Promise.all([this.price(cart.lines), this.numbers.next()]);
      return await this.database.transaction(async () => {
        const payWithinMs = this.settings.ORDERING_PAYMENT_TIMEOUT * 1_000;
        const order = Order.place({
          id: this.ids.next(),
          number,
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
        await this.orders.save(order);
        return { orderId: order.state.id, number };
      });
    } catch (error) {
      throw await this.refusal(cartId, error);
    }
  }

  /** Spares the buyer an order that payments would decline. It declines it all the same where the providers are not known here. */
  private async checkProvider(name: string): Promise<void> {
    const providers = await this.providers.including(name);
    if (!providers) return;
    if (providers.length === 0) throw PlaceOrder.failure('ordering.no_payment_provider');
    if (!providers.includes(name))
      throw PlaceOrder.failure('ordering.payment_provider_unknown', { providers: [...providers] });
  }

  private async price(lines: readonly { sku: string; quantity: number }[]): Promise<OrderState['lines']> {
    const { offers } = await this.queries.execute(new GetOffers({ skus: lines.map(({ sku }) => sku) }));
    const bySku = new Map(offers.map((offer) => [offer.sku, offer]));
    const gone = lines.filter(({ sku }) => !bySku.has(sku)).map(({ sku }) => sku);
    if (gone.length > 0) throw PlaceOrder.failure('ordering.product_unavailable', { skus: gone });
    const priced = lines.map(({ sku, quantity }) => {
      const { title, price } = bySku.get(sku)!;
      return { sku, title, quantity, unitPrice: price, lineTotal: multiplyMoney(price, quantity) };
    });
    const { currency } = priced[0]!.unitPrice;
    const others = priced.filter(({ unitPrice }) => unitPrice.currency !== currency).map(({ sku }) => sku);
    if (others.length > 0) throw PlaceOrder.failure('ordering.currency_differs', { skus: others });
    return priced;
  }

  /** A sum that is too large has its own code. The index lets one live order of a cart through, and the trigger none of a cart that was handed over meanwhile. */
  private async refusal(cartId: string, error: unknown): Promise<unknown> {
    if (error instanceof InexactAmount) return PlaceOrder.failure('ordering.total_too_large');
    if (isUniqueViolation(error, 'cart_owner_pkey')) return PlaceOrder.failure('cart.not_found');
    if (!isUniqueViolation(error, 'orders_live')) return error;
    const orderId = await this.orders.liveOrderOf(cartId);
    // Where the other order has ended already, nothing happened, and the bus tries again.
    return orderId ? PlaceOrder.failure('ordering.cart_has_order', { orderId }) : new ConcurrentChange();
  }
}
