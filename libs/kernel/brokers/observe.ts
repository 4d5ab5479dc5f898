import { Logger } from '@nestjs/common';
import { errorText } from '#kernel/base';
import type { EventTransport, Metrics, Readiness } from '#kernel/core';
import { WrongTopology } from '#kernel/topology';
import type { ConnectedSplit } from './connected-split.js';

/** Lets operators see how this process is connected with the others. */
export function observe({ calls, events }: ConnectedSplit, readiness: Readiness, metrics: Metrics): void {
  const transports = Object.entries({ calls, events }).flatMap(([kind, transport]) =>
    transport ? [{ kind, transport }] : [],
  );
  // Who serves the API answers 503 by itself, with a code, and is of more use than a balancer that finds nobody.
  if (events) readiness.add(events.name, () => (events.status === 'away' ? 'away' : undefined));
  metrics.add(
    {
      name: 'bus_connected',
      help: 'Whether the broker can be reached: 1, or 0.',
      type: 'gauge',
      read: () =>
        transports.map(({ kind, transport }) => ({
          labels: { kind },
          value: transport.status === 'connected' ? 1 : 0,
        })),
    },
    {
      name: 'bus_refused_total',
      help: 'Messages that came and were not taken: not signed by us, too late to begin, a reply that nobody waits for.',
      type: 'counter',
      read: () =>
        transports.flatMap(({ kind, transport }) =>
          Object.entries(transport.counters).map(([reason, value]) => ({ labels: { kind, reason }, value })),
        ),
    },
  );
  if (!calls) return;
  metrics.add(
    {
      name: 'bus_circuit_open',
      help: 'Whether calls to a context are refused at once, since nobody was reached there: 1, 0.5 while one is tried, or 0.',
      type: 'gauge',
      read: () =>
        [...calls.circuits].map(([target, { state }]) => ({
          labels: { target },
          value: { closed: 0, 'half-open': 0.5, open: 1 }[state],
        })),
    },
    {
      name: 'bus_calls_under_way',
      help: 'Calls to a context that wait for its answer.',
      type: 'gauge',
      read: () => [...calls.circuits].map(([target, { underWay }]) => ({ labels: { target }, value: underWay })),
    },
  );
}

/**
 * A broker that keeps nothing loses what is on its way with every restart: it is refilled from the outboxes, which takes a
 * while and is not what production wants. @throws WrongTopology in production
 */
export async function checkDurability(events: EventTransport, production: boolean): Promise<void> {
  const logger = new Logger('Topology');
  const kept = await events.persistence().catch((error: unknown) => errorText(error));
  if (kept === 'kept') return;
  if (typeof kept === 'string')
    return logger.warn(`${events.name} could not be asked whether it keeps what it acknowledges: ${kept}`);
  const { remedy } = kept;
  if (production) throw new WrongTopology([`${events.name} forgets everything when it restarts: ${remedy}`]);
  logger.warn(`${events.name} forgets everything when it restarts, and is refilled then: ${remedy}`);
}
