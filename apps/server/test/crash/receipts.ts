/** What the shop has answered to those who bought, worked and imported: in the end its books are held to that. */
export class Receipts {
  /** By order, its cart. */
  readonly orders = new Map<string, string>();
  readonly cancelled = new Set<string>();
  readonly shipped = new Set<string>();
  readonly refunds = new Map<string, { paymentId: string; amount: number }>();
  /** The starting stock of each SKU. */
  readonly stock = new Map<string, number>();
  /** How many pieces of what were put into carts: by `owner sku`, the owner as the shop names it. */
  readonly pieces = new Map<string, number>();

  put(owner: string, lines: Iterable<readonly [sku: string, quantity: number]>): void {
    for (const [sku, quantity] of lines) {
      const key = `${owner} ${sku}`;
      this.pieces.set(key, (this.pieces.get(key) ?? 0) + quantity);
    }
  }
}
