import { setTimeout as pause } from 'node:timers/promises';

/** Waits until `condition` answers something truthy, and answers that. @throws Error after `seconds`, with the last error or answer */
export async function until<Result>(
  condition: () => Result | Promise<Result>,
  what = String(condition),
  seconds = 20,
): Promise<Exclude<Result, false | null | undefined | 0 | ''>> {
  const end = performance.now() + seconds * 1_000;
  for (let last: unknown; ; await pause(10)) {
    try {
      const result = await condition();
      if (result) return result as Exclude<Result, false | null | undefined | 0 | ''>;
      last = result;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what} (last: ${String(last)})`);
  }
}
