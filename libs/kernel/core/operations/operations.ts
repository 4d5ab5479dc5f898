import * as z from 'zod';
import { command, Instant, permission, query, text, Uuid } from '#kernel/messages';

const access = permission('operations');

/** `<subscriber>:<message id>`; a subscriber's name begins with its context. */
const DeadLetterId = text()
  .max(300)
  .regex(/^[a-z][a-z0-9-]*(\.[^:]+)?:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be the id of a dead letter')
  .meta({ examples: ['context.subscriber:0199f3a2-7c1e-7abc-8def-0123456789ab'] });

/** Payloads are of every shape, which no contract can declare: they travel as JSON text, personal fields redacted. */
const PayloadText = text().nullable().meta({ description: 'JSON; null where its shape is not known here.' });

const HandlingError = z.object({ code: text(), message: text() });
const nextAttemptAt = Instant.nullable().meta({ description: 'null: it is dead, and waits for a human.' });

const DeadLetter = z.object({
  id: DeadLetterId,
  context: text(),
  subscriber: text().meta({ description: 'Who could not handle it; a context’s name alone: its command handlers.' }),
  message: text(),
  publisher: text(),
  key: text(),
  correlationId: text(),
  payload: PayloadText,
  attempts: z.int(),
  error: HandlingError.nullable(),
  parkedAt: Instant,
  nextAttemptAt,
  waiting: z.int().meta({ description: 'How many messages of the same key wait behind it.' }),
});

const PublishedMessage = z.object({
  id: Uuid,
  name: text(),
  key: text(),
  destination: text().nullable().meta({ description: 'The context that a command was sent to; null of an event.' }),
  at: Instant.meta({ description: 'When it went out; of one that waits for its time, when it will.' }),
  timer: z.boolean().meta({ description: 'It waits for its time.' }),
  causationId: Uuid.nullable().meta({
    description: 'The message that it follows from; null for what the request itself made.',
  }),
  payload: PayloadText,
});

const Delivery = z.object({
  messageId: Uuid,
  subscriber: text(),
  takenAt: Instant,
  parked: z.object({ attempts: z.int(), error: HandlingError.nullable(), nextAttemptAt }).nullable(),
});

const Replayed = z.object({
  messages: z.int().meta({ description: 'How many are told again.' }),
  destinations: z.array(text()).meta({ description: 'To whom; without those that have not come so far yet.' }),
});

/** As many messages of one flow a context tells at most. */
export const FLOW_LIMIT = 500;

export type Operations = ReturnType<typeof declareOperations>;
const known = new Map<string, Operations>();

/** The messages by which operators look into a context. Every context has them from the kernel. */
export function operationsOf(context: string): Operations {
  const operations = known.get(context) ?? declareOperations(context);
  known.set(context, operations);
  return operations;
}

const unknownContext = { status: 404, message: 'There is no context of this name.' } as const;

function declareOperations(context: string) {
  const id = `${context}:0199f3a2-7c1e-7abc-8def-0123456789ab`;
  const unknownLetter = {
    'operations.dead_letter_not_found': { status: 404, message: 'There is no dead letter with this id.' },
  } as const;
  return {
    /** What could not be handled, oldest message first; with `retrying`, also what failed and is still being tried. */
    ListDeadLetters: query(`${context}.list-dead-letters.v1`, {
      access,
      input: z.object({
        limit: z.int().min(1).max(100).default(20),
        cursor: DeadLetterId.optional().meta({ description: 'The `nextCursor` of the page before.' }),
        retrying: z.boolean().default(false),
      }),
      output: z.object({ items: z.array(DeadLetter), nextCursor: DeadLetterId.nullable() }),
      errors: { 'operations.context_not_found': unknownContext },
      example: {
        input: { limit: 20 },
        output: {
          items: [
            {
              id,
              context,
              subscriber: context,
              message: `${context}.do-something.v1`,
              publisher: 'another-context',
              key: '0199f3a2-7c1e-7abc-8def-0123456789ac',
              correlationId: '0199f3a27c1d7abc8def0123456789ab',
              payload: '{"id":"0199f3a2-7c1e-7abc-8def-0123456789ac"}',
              attempts: 12,
              error: { code: 'internal', message: '42P01 undefined_table: relation "thing" does not exist' },
              parkedAt: '2026-01-31T12:00:00.000Z',
              nextAttemptAt: null,
              waiting: 1,
            },
          ],
          nextCursor: null,
        },
      },
    }),
    /** Lets a dead letter be tried again, with all its attempts. */
    RedriveDeadLetter: command(`${context}.redrive-dead-letter.v1`, {
      access,
      input: z.object({ id: DeadLetterId }),
      errors: unknownLetter,
      example: { input: { id } },
    }),
    /** Gives a dead letter up for good; what waits behind it goes on. */
    DiscardDeadLetter: command(`${context}.discard-dead-letter.v1`, {
      access,
      input: z.object({ id: DeadLetterId }),
      errors: unknownLetter,
      example: { input: { id } },
    }),
    /** Tells again what a context has published since an instant; who had it drops it. */
    ReplayMessages: command(`${context}.replay-messages.v1`, {
      access,
      input: z.object({
        since: Instant,
        destination: text()
          .max(100)
          .optional()
          .meta({
            description: 'To this subscriber or log alone, as the outbox calls it.',
            examples: ['context.subscriber'],
          }),
      }),
      output: Replayed,
      errors: {
        'operations.context_not_found': unknownContext,
        'operations.destination_not_found': {
          status: 404,
          message: 'The messages of this context are not told to this destination.',
        },
      },
      example: {
        input: { since: '2026-01-31T12:00:00.000Z' },
        output: { messages: 1200, destinations: [`${context}.subscriber`, context] },
      },
    }),
    /** What a context knows of a flow: the messages that it published, and those of `messageIds` that came to it. */
    GetFlow: query(`${context}.get-flow.v1`, {
      access,
      input: z.object({
        correlationId: text().max(100),
        messageIds: z
          .array(Uuid)
          .max(20 * FLOW_LIMIT)
          .default([]),
      }),
      output: z.object({ messages: z.array(PublishedMessage), truncated: z.boolean(), deliveries: z.array(Delivery) }),
      errors: {
        'operations.flow_not_found': {
          status: 404,
          message: 'No message has this correlation id, or none is kept any more.',
        },
      },
      example: {
        input: { correlationId: '0199f3a27c1d7abc8def0123456789ab' },
        output: {
          messages: [
            {
              id: '0199f3a2-7c1e-7abc-8def-0123456789ab',
              name: `${context}.something-happened.v1`,
              key: '0199f3a2-7c1e-7abc-8def-0123456789ac',
              destination: null,
              at: '2026-01-31T12:00:00.000Z',
              timer: false,
              causationId: null,
              payload: '{"id":"0199f3a2-7c1e-7abc-8def-0123456789ac"}',
            },
          ],
          truncated: false,
          deliveries: [],
        },
      },
    }),
  };
}
