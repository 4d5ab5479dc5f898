/**
 * Puts together what goes to one place in one turn of the event loop, and while the packet before is not acknowledged:
 * under load, a packet for many.
 */
export class Packets<Item> {
  /** What waits to leave; nothing, where all of it is under way. */
  private readonly waiting = new Map<string, Item[]>();

  /** `send` never rejects. */
  constructor(private readonly send: (to: string, items: readonly Item[]) => Promise<void>) {}

  add(to: string, item: Item): void {
    const packet = this.waiting.get(to);
    if (packet) {
      packet.push(item);
      return;
    }
    this.waiting.set(to, [item]);
    process.nextTick(() => void this.sendAll(to));
  }

  private async sendAll(to: string): Promise<void> {
    try {
      for (let packet = this.waiting.get(to); packet?.length; packet = this.waiting.get(to)) {
        this.waiting.set(to, []);
        await this.send(to, packet);
      }
    } finally {
      this.waiting.delete(to);
    }
  }
}
