import { settledName } from '#kernel/core';
import { contextIn } from '#kernel/base';
import type { ContractMap, Topology } from '#kernel/topology';

/**
 * The names of the cursors in a publisher's outbox: where events stay local, one for each subscriber and one for the commands
 * of each context; else those of its own, and the log's, which has a second one for what all its readers have handled.
 */
export function destinationsOf(
  { events, processes }: Topology,
  { subscribersOf }: ContractMap,
  publisher: string,
): string[] {
  const contexts = [...processes.values()].flatMap((kind) => kind.contexts);
  const inlets = [...subscribersOf(publisher), ...contexts];
  if (events === 'local') return inlets;
  return [
    ...inlets.filter((inlet) => inlet === publisher || contextIn(inlet) === publisher),
    events,
    settledName(events),
  ];
}
