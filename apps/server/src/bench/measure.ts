/** One line of the table. */
export interface Line {
  readonly what: string;
  readonly rate: string;
  readonly yardstick?: string;
  readonly ratio?: string;
  readonly aim?: string;
}

/**
 * Measures all kinds in turn, A, B, A, B …, so that what else the machine does falls on all alike. A first round, not
 * counted, warms up. Answers each kind's figures, round by round.
 */
export async function interleaved<Kind extends string>(rounds: number, kinds: Readonly<Record<Kind, () => Promise<number>>>): Promise<Record<Kind, number[]>> {
  const names = Object.keys(kinds) as Kind[];
  const figures = Object.fromEntries(names.map((name): [Kind, number[]] => [name, []])) as Record<Kind, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      globalThis.gc?.();
      const figure = await kinds[name]();
      if (round > 0) figures[name].push(figure);
    }
  }
  return figures;
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The median of what `compare` makes of the two figures of each round. */
export const paired = (a: readonly number[], b: readonly number[], compare: (a: number, b: number) => number): number =>
  median(a.map((figure, round) => compare(figure, b[round]!)));

export const quotient = (a: readonly number[], b: readonly number[]): number => paired(a, b, (one, other) => one / other);

/** Does `work(0)` to `work(count - 1)`, so many at once, each worker its next when it is done. Answers the seconds it took. */
export async function inFlight(workers: number, count: number, work: (index: number, worker: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let index = next++; index < count; index = next++) await work(index, worker);
    }),
  );
  return (performance.now() - began) / 1_000;
}

/** Does `work` over and over until the seconds are up. Answers how often it was done in a second. */
export async function perSecond(workers: number, seconds: number, work: (worker: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  const end = began + seconds * 1_000;
  let done = 0;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (; performance.now() < end; done++) await work(worker);
    }),
  );
  return (done / (performance.now() - began)) * 1_000;
}

export const number = (value: number, digits = 0): string => value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
export const verdict = (aim: string, met: boolean): string => `${aim}: ${met ? 'met' : 'missed'}`;

/** The lines as a Markdown table, in columns. */
export function table(lines: readonly Line[]): string {
  const rows = [
    ['what', 'rate', 'yardstick', 'ratio', 'aim'],
    ...lines.map(({ what, rate, yardstick = '', ratio = '', aim = '' }) => [what, rate, yardstick, ratio, aim]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const written = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`);
  return [written[0], `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...written.slice(1)].join('\n');
}
