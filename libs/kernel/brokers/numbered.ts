/**
 * What comes and goes by the thousand, under numbers that it gives out. A Map would leave a table behind whenever it makes
 * room: the first that grows old keeps the next, and that the next, with all that was in them, until V8 looks through old
 * memory. Of what calls allocated a third survived by it.
 */
export class Numbered<Thing extends { readonly id: number }> {
  private places: (Thing | undefined)[] = Array.from({ length: 256 });
  private count = 0;
  private last = -1;

  /** A number that nothing had before. */
  next(): number {
    if (this.count * 2 >= this.places.length) this.widen();
    do this.last++;
    while (this.places[this.place(this.last)]);
    return this.last;
  }

  add(thing: Thing): void {
    this.places[this.place(thing.id)] = thing;
    this.count++;
  }

  get(id: number): Thing | undefined {
    const thing = this.places[this.place(id)];
    return thing?.id === id ? thing : undefined;
  }

  take(id: number): Thing | undefined {
    const thing = this.get(id);
    if (!thing) return undefined;
    this.places[this.place(id)] = undefined;
    this.count--;
    return thing;
  }

  all(): Thing[] {
    return this.places.filter((thing) => thing !== undefined);
  }

  /** Whose numbers differ in half of the places differ in all. */
  private widen(): void {
    const all = this.all();
    this.places = Array.from({ length: this.places.length * 2 });
    for (const thing of all) this.places[this.place(thing.id)] = thing;
  }

  private place = (id: number): number => id % this.places.length;
}
