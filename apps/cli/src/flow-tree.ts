import * as z from 'zod';
import { table } from './table.js';

const Delivery = z.object({
  subscriber: z.string(),
  handledAt: z.string().nullable(),
  parked: z
    .object({
      attempts: z.int(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
      nextAttemptAt: z.string().nullable(),
    })
    .nullable(),
});

const Message = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['command', 'event']),
  destination: z.string().nullable(),
  at: z.string(),
  timer: z.boolean(),
  causationId: z.string().nullable(),
  deliveries: z.array(Delivery),
});

/** As much of a flow as is drawn. */
export const Flow = z.object({
  correlationId: z.string(),
  messages: z.array(Message),
  truncated: z.boolean(),
  unavailable: z.array(z.string()),
});

/** A flow as a tree: below each message, those that were made when it was handled. */
export function drawn({ correlationId, messages, truncated, unavailable }: z.infer<typeof Flow>): string {
  const known = new Set(messages.map(({ id }) => id));
  const effects = Map.groupBy(messages, ({ causationId }) =>
    causationId !== null && known.has(causationId) ? causationId : null,
  );
  const rows: string[][] = [];
  const draw = (cause: string | null, indent: string): void => {
    const siblings = effects.get(cause) ?? [];
    for (const [index, message] of siblings.entries()) {
      const last = index === siblings.length - 1;
      const branch = cause === null ? '' : last ? '└─ ' : '├─ ';
      rows.push([message.at, `${indent}${branch}${message.name}`, message.kind, whereabouts(message)]);
      draw(message.id, cause === null ? '' : `${indent}${last ? '   ' : '│  '}`);
    }
  };
  draw(null, '');
  const notes = [
    ...(truncated ? ['There are more messages than these.\n'] : []),
    ...(unavailable.length > 0 ? [`Not to be asked just now: ${unavailable.join(', ')}\n`] : []),
  ];
  return `Flow ${correlationId}: ${messages.length} messages\n${table(rows)}${notes.join('')}`;
}

/** Where a message went, and what became of it there. */
function whereabouts({ id, timer, destination, deliveries }: z.infer<typeof Message>): string {
  if (timer) return `waits for its time, then → ${destination}`;
  if (deliveries.length === 0) return destination === null ? '' : `on its way → ${destination}`;
  return deliveries.map((delivery) => `→ ${delivery.subscriber}${state(delivery, id)}`).join(', ');
}

function state({ subscriber, parked }: z.infer<typeof Delivery>, id: string): string {
  if (!parked) return '';
  const { error, attempts, nextAttemptAt } = parked;
  const failure = error ? `: ${error.message.split('\n')[0]}` : '';
  if (nextAttemptAt === null) return ` DEAD after ${attempts} attempts, ${subscriber}:${id}${failure}`;
  return attempts === 0 || !error ? ' (waits)' : ` (failed, next attempt ${nextAttemptAt}${failure})`;
}
