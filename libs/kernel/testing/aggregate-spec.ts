import assert from 'node:assert/strict';
import type { Aggregate } from '#kernel/core';
import { contractOf } from '#kernel/messages';

interface Decisions<Tested extends Aggregate> {
  /** Makes the aggregate as the events left it; undefined before the first. */
  readonly from: (events: readonly object[]) => Tested | undefined;
  /** Lets it decide on a command; answers it where the command made it. */
  readonly decide: (aggregate: Tested | undefined, command: object) => Tested | undefined;
}

/**
 * `given(events).when(command).then(events)`: what has happened, what is asked, what is recorded and sent then. `refuses(code)` where
 * the answer is an error. Pure: no database, no mocks.
 */
export function aggregateSpec<Tested extends Aggregate>({ from, decide }: Decisions<Tested>) {
  return {
    given: (...history: readonly object[]) => ({
      when: (command: object) => {
        const act = (): object[] => {
          const aggregate = from(history);
          aggregate?.release();
          const decided = decide(aggregate, command) ?? aggregate;
          return (decided?.release() ?? []).map(({ message }) => message);
        };
        return {
          // oxlint-disable-next-line unicorn/no-thenable -- given, when, then: nobody awaits it
          then: (...expected: readonly object[]) => assert.deepEqual(act().map(written), expected.map(written)),
          refuses: (code: string) => assert.throws(act, (error: unknown) => (error as { code?: string }).code === code),
        };
      },
    }),
  };
}

/** A message by its name and fields: as it would be written. */
const written = (message: object): object => ({ [contractOf(message).messageName]: { ...message } });
