import { setTimeout as wait } from 'node:timers/promises';

/** Resolves to what `look` returns as soon as that is neither undefined nor false; rejects after `deadline` ms. */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  deadline = 20_000,
): Promise<T> {
  for (const end = Date.now() + deadline; ; await wait(5)) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`Not so within ${deadline} ms: ${look.toString()}`);
  }
}
