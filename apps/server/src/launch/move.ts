import { Logger } from '@nestjs/common';
import { CannotStart, type Environment } from '#kernel/base';
import { destinationsOf, removeLogs } from '#kernel/brokers';
import { CursorAdmin, databaseUrls } from '#kernel/core';
import { contractMap, type Topology } from '#kernel/topology';
import { brokers } from '../brokers.js';

/** From one topology to another, over the same databases. */
export interface Move {
  readonly from: Topology;
  readonly to: Topology;
}

/** A context's outbox, and who is read to in the one topology and in the other. */
interface Outbox {
  readonly context: string;
  readonly old: readonly string[];
  readonly new: readonly string[];
  readonly cursors: CursorAdmin;
}

/**
 * What is on its way to be told and handled: how many messages of each context. The new topology's readers begin where the one
 * of the old stands that has read least, so nothing need be waited for.
 * @throws CannotStart where the shop does not run as `from`
 */
export function underWay(move: Move, environment: Environment): Promise<Map<string, number>> {
  return inEachOutbox(move, environment, async ({ context, old, cursors }) => {
    const [missing] = await cursors.missing(old);
    if (missing !== undefined)
      throw new CannotStart(
        `The shop does not run as ${move.from.file}: nobody tells "${missing}" what "${context}" publishes. Name the topology that it runs as.`,
      );
    return cursors.waiting(old);
  });
}

/**
 * Ends a move once the old processes have stopped: forgets how far they had come, and deletes the logs that they read.
 * @throws CannotStart where nobody has begun to read as `to` says
 */
export async function finishMove(move: Move, environment: Environment): Promise<void> {
  await inEachOutbox(move, environment, async ({ context, new: kept, old, cursors }) => {
    const [missing] = await cursors.missing(kept);
    if (missing !== undefined)
      throw new CannotStart(
        `Nobody tells "${missing}" what "${context}" publishes yet: start all processes of ${move.to.file}, then finish.`,
      );
    await cursors.forget(old.filter((one) => !kept.includes(one)));
  });
  if (move.from.events === move.to.events) return;
  Logger.overrideLogger(false); // what fails is told by who asked for it
  await removeLogs(move.from, brokers, environment);
}

/** What the work answers for each context. */
async function inEachOutbox<Answer>(
  { from, to }: Move,
  environment: Environment,
  work: (outbox: Outbox) => Promise<Answer>,
): Promise<Map<string, Answer>> {
  const contracts = contractMap();
  const contexts = [...to.processes.values()].flatMap((kind) => kind.contexts);
  const answers = new Map<string, Answer>();
  for (const context of contexts) {
    const { url } = databaseUrls(context, environment, environment['DATABASE_URL']);
    const cursors = await CursorAdmin.connect(context, url);
    try {
      const [old, now] = [from, to].map((topology) => destinationsOf(topology, contracts, context));
      answers.set(context, await work({ context, old: old!, new: now!, cursors }));
    } finally {
      await cursors.close();
    }
  }
  return answers;
}
