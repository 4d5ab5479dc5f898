/** The size of a portion. */
interface PortionSize {
  readonly count: number;
  /** The sum of its items' lengths, in the unit of `lengthOf`; a single item may be longer. */
  readonly length: number;
}

/** Divides items, in their order, into portions that are each sealed and sent as one. */
export function portionsOf<Item>(
  items: readonly Item[],
  size: PortionSize,
  lengthOf: (item: Item) => number,
): Item[][] {
  const portions: Item[][] = [];
  let length = 0;
  for (const item of items) {
    const more = lengthOf(item);
    const portion = portions.at(-1);
    if (portion && portion.length < size.count && length + more <= size.length) {
      portion.push(item);
      length += more;
    } else {
      portions.push([item]);
      length = more;
    }
  }
  return portions;
}
