import { Logger, type Type } from '@nestjs/common';
import { CommandHandler, QueryHandler } from '@nestjs/cqrs';
import { contractNamed, redact } from '#kernel/messages';
import { Database } from '../database/database.js';
import type { DeadLetters } from '../inbox/dead-letters.js';
import { KernelRuntime } from '../kernel-runtime.js';
import { isReadTo, replay } from '../outbox/replay.js';
import { principal } from '../runtime/call-context.js';
import { published, taken } from './flow.js';
import { FLOW_LIMIT, operationsOf } from './operations.js';

type Input<Message extends abstract new (...input: never[]) => object> = InstanceType<Message>;

/** The handlers of what `operationsOf(context)` declares: plain providers of the context's module. */
export function operationHandlers(context: string): Type[] {
  const { ListDeadLetters, RedriveDeadLetter, DiscardDeadLetter, ReplayMessages, GetFlow } = operationsOf(context);
  const logger = new Logger('Operations');
  const deadLettersOf = (runtime: KernelRuntime): DeadLetters => runtime.inbound(context).deadLetters;

  @QueryHandler(ListDeadLetters)
  class ListDeadLettersHandler {
    constructor(private readonly runtime: KernelRuntime) {}

    async execute({ limit, cursor, retrying }: Input<typeof ListDeadLetters>) {
      const after = cursor === undefined ? undefined : addressOf(cursor);
      const found = await deadLettersOf(this.runtime).list({ limit: limit + 1, after, retrying });
      const items = found.slice(0, limit).map((letter) => ({
        id: `${letter.subscriber}:${letter.id}`,
        context,
        subscriber: letter.subscriber,
        message: letter.name,
        publisher: letter.publisher,
        key: letter.key,
        correlationId: letter.headers.correlationId,
        payload: payloadText(letter),
        attempts: letter.attempts,
        error: letter.error,
        parkedAt: letter.parkedAt,
        nextAttemptAt: letter.dead ? null : letter.due,
        waiting: letter.waiting,
      }));
      return { items, nextCursor: found.length > limit ? items.at(-1)!.id : null };
    }
  }

  @CommandHandler(RedriveDeadLetter)
  class RedriveDeadLetterHandler {
    constructor(private readonly runtime: KernelRuntime) {}

    async execute({ id }: Input<typeof RedriveDeadLetter>) {
      const { messageId, subscriber } = addressOf(id);
      if (!(await deadLettersOf(this.runtime).redrive(messageId, subscriber)))
        throw RedriveDeadLetter.failure('operations.dead_letter_not_found');
      logger.log(`${principal().id} redrives ${id}`);
    }
  }

  @CommandHandler(DiscardDeadLetter)
  class DiscardDeadLetterHandler {
    constructor(private readonly runtime: KernelRuntime) {}

    async execute({ id }: Input<typeof DiscardDeadLetter>) {
      const { messageId, subscriber } = addressOf(id);
      if (!(await deadLettersOf(this.runtime).discard(messageId, subscriber)))
        throw DiscardDeadLetter.failure('operations.dead_letter_not_found');
      logger.warn(`${principal().id} discards ${id}`);
    }
  }

  @CommandHandler(ReplayMessages)
  class ReplayMessagesHandler {
    constructor(private readonly database: Database) {}

    async execute({ since, destination }: Input<typeof ReplayMessages>) {
      if (destination !== undefined && !(await isReadTo(this.database, destination)))
        throw ReplayMessages.failure('operations.destination_not_found');
      const told = await replay(this.database, since, destination);
      logger.warn(`${principal().id} replays ${told.messages} messages of "${context}" since ${since}`);
      return told;
    }
  }

  @QueryHandler(GetFlow)
  class GetFlowHandler {
    constructor(private readonly database: Database) {}

    async execute({ correlationId, messageIds }: Input<typeof GetFlow>) {
      const found = await published(this.database, correlationId, FLOW_LIMIT + 1);
      const messages = found.slice(0, FLOW_LIMIT).map(({ headers, ...message }) => ({
        ...message,
        causationId: headers.causationId ?? null,
        payload: payloadText(message),
      }));
      const deliveries = messageIds.length > 0 ? await taken(this.database, messageIds) : [];
      return { messages, truncated: found.length > FLOW_LIMIT, deliveries };
    }
  }

  return [
    ListDeadLettersHandler,
    RedriveDeadLetterHandler,
    DiscardDeadLetterHandler,
    ReplayMessagesHandler,
    GetFlowHandler,
  ];
}

/** The subscriber and the message id of a dead letter's id. */
function addressOf(id: string): { subscriber: string; messageId: string } {
  const colon = id.lastIndexOf(':');
  return { subscriber: id.slice(0, colon), messageId: id.slice(colon + 1) };
}

/** Nothing of it where the contract is not known: nobody could say which fields are personal. */
function payloadText({ name, payload }: { name: string; payload: unknown }): string | null {
  const contract = contractNamed(name);
  return contract && !contract.sensitive ? JSON.stringify(redact(contract.input, payload)) : null;
}
