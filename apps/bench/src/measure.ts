import { readdir, readFile } from 'node:fs/promises';

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
export async function interleaved<Kind extends string, Figure>(
  rounds: number,
  kinds: Readonly<Record<Kind, () => Promise<Figure>>>,
): Promise<Record<Kind, Figure[]>> {
  const names = Object.keys(kinds) as Kind[];
  const figures = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Kind, Figure[]>;
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

export const quotient = (a: readonly number[], b: readonly number[]): number =>
  paired(a, b, (one, other) => one / other);

/** Does `work(0)` to `work(count - 1)`, so many at once, each worker its next when it is done. Answers the seconds it took. */
export async function inFlight(
  workers: number,
  count: number,
  work: (index: number, worker: number) => Promise<unknown>,
): Promise<number> {
  const began = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let index = next++; index < count; index = next++) await work(index, worker);
    }),
  );
  return (performance.now() - began) / 1_000;
}

/** The median milliseconds that one takes, one after the other. */
export async function medianTime(count: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  await inFlight(1, count, async () => {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  });
  return median(times);
}

/** Does `work` over and over until the seconds are up. Answers how often it was done in a second. */
export async function perSecond(
  workers: number,
  seconds: number,
  work: (worker: number) => Promise<unknown>,
): Promise<number> {
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

/** Milliseconds of CPU that a process has used so far; NaN where there is no /proc. Its clock ticks 100 times a second (proc(5)). */
export async function cpuOf(pid: number): Promise<number> {
  const fields = await statOf(String(pid));
  return fields ? cpuIn(fields, 11, 12) : Number.NaN;
}

/** The same of a process and all its children, also those that have ended: of a PostgreSQL server. */
export async function cpuOfChildren(parent: number): Promise<number> {
  const own = await statOf(String(parent));
  if (!own) return Number.NaN;
  const all = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(statOf));
  const children = all.filter((fields) => fields?.[1] === String(parent));
  return children.reduce((sum, fields) => sum + cpuIn(fields!, 11, 12), cpuIn(own, 11, 12, 13, 14));
}

/** Resident memory of a process in MB, now and at its highest so far; NaN where there is no /proc. */
export async function memoryOf(pid: number): Promise<{ now: number; highest: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const field = (name: string) => (Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]) * 1_024) / 1e6;
  return { now: field('VmRSS'), highest: field('VmHWM') };
}

/** The fields of /proc/<pid>/stat from the third, the state, on: the second may hold spaces. */
const statOf = (pid: string): Promise<string[] | undefined> =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (line) => line.slice(line.lastIndexOf(')') + 2).split(' '),
    () => undefined, // gone meanwhile, or no Linux
  );

const cpuIn = (fields: readonly string[], ...which: readonly number[]): number =>
  which.reduce((sum, field) => sum + Number(fields[field]) * 10, 0);

export const number = (value: number, digits = 0): string =>
  Number.isNaN(value)
    ? '–'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
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
