import type { SeededRandomness } from '#kernel/base';

/** Deals every card once, in any order, before it deals one again. */
export class Deck<Card> {
  private rest: Card[] = [];

  constructor(
    readonly cards: readonly Card[],
    private readonly chance: SeededRandomness,
  ) {}

  draw(): Card {
    if (this.rest.length === 0) this.rest = [...this.cards];
    return this.rest.splice(Math.floor(this.chance.next() * this.rest.length), 1)[0]!;
  }
}
