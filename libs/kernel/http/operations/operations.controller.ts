import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import * as z from 'zod';
import { type Operations, operationsOf } from '#kernel/core';
import { Fleet, inOrder } from '#kernel/edge';
import { Instant, kernelFailure, text } from '#kernel/messages';
import { Answers } from '../answers.js';

/** The messages of all contexts are alike: one's stand for them in the documentation and in errors. */
const { ListDeadLetters, RedriveDeadLetter, DiscardDeadLetter, ReplayMessages, GetFlow } = operationsOf('context');

// Contracts carry payloads as JSON text, here they are what they were.
const shown = <Told extends { payload: string | null }>(told: Told) => ({ ...told, payload: parsed(told) });
const parsed = ({ payload }: { payload: string | null }): unknown => (payload === null ? null : JSON.parse(payload));
const letters = ListDeadLetters.example!.output as z.output<typeof ListDeadLetters.answer>;
const asked = GetFlow.example!.input as z.input<typeof GetFlow.input>;
const flow = GetFlow.example!.output as z.output<typeof GetFlow.answer>;
const Payload = z.unknown().meta({ description: 'Personal fields are redacted; null where its shape is not known.' });
const Unavailable = z.array(z.string()).meta({ description: 'Contexts that could not be asked just now.' });
const DeadLetter = ListDeadLetters.answer.shape.items.element.extend({ payload: Payload });
const DeadLetters = z
  .object({
    items: z.array(DeadLetter),
    nextCursor: z.string().nullable(),
    unavailable: Unavailable,
  })
  .meta({ examples: [{ items: letters.items.map(shown), nextCursor: null, unavailable: [] }] });
const Delivery = z.object({
  subscriber: z.string(),
  handledAt: Instant.nullable().meta({ description: 'When it was first tried; null while it is parked.' }),
  parked: GetFlow.answer.shape.deliveries.element.shape.parked,
});
const FlowMessage = GetFlow.answer.shape.messages.element.extend({
  kind: z.enum(['command', 'event']),
  publisher: z.string(),
  payload: Payload,
  deliveries: z.array(Delivery),
});
const Flow = z
  .object({
    correlationId: z.string(),
    messages: z.array(FlowMessage),
    truncated: z.boolean().meta({ description: 'There are more messages than are shown.' }),
    unavailable: Unavailable,
  })
  .meta({
    examples: [
      {
        correlationId: asked.correlationId,
        messages: flow.messages.map((message) => ({
          ...shown(message),
          kind: message.destination === null ? 'event' : 'command',
          publisher: message.name.split('.')[0],
          deliveries: [],
        })),
        truncated: false,
        unavailable: [],
      },
    ],
  });

const Page = ListDeadLetters.input.omit({ retrying: true }).extend({
  context: text()
    .max(100)
    .optional()
    .meta({ description: 'Of this context alone.', examples: ['context'] }),
  retrying: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'true: also what failed and is still being tried.' }),
});
type Replay = z.output<typeof ReplayMessages.input>;
const context = {
  schema: text()
    .max(100)
    .meta({ examples: ['context'] }),
};
const id = { schema: text().max(300) };
const flowId = { schema: GetFlow.input.shape.correlationId };

@ApiTags('operations')
@Controller({ path: 'admin', version: '1' })
export class OperationsController {
  constructor(
    private readonly fleet: Fleet,
    private readonly commands: CommandBus,
  ) {}

  @Get('dead-letters')
  @Answers(200, ListDeadLetters, {
    summary: 'Messages that could not be handled and wait for a human, the oldest first.',
    answer: DeadLetters,
  })
  async list(@Query({ schema: Page }) { context, retrying, ...page }: z.infer<typeof Page>) {
    if (context !== undefined && !this.fleet.has(context))
      throw ListDeadLetters.failure('operations.context_not_found');
    const { answers, unavailable } = await this.fleet.ask(
      (operations) => new operations.ListDeadLetters({ ...page, retrying: retrying === 'true' }),
      context,
    );
    const letters = answers
      .flatMap(({ items }) => items)
      .toSorted((one, other) => (place(one) < place(other) ? -1 : 1));
    const items = letters.slice(0, page.limit).map((letter) => ({ ...letter, payload: parsed(letter) }));
    const more = letters.length > items.length || answers.some(({ nextCursor }) => nextCursor !== null);
    return { items, nextCursor: more ? (items.at(-1)?.id ?? null) : null, unavailable };
  }

  @Post('dead-letters/:id/redrive')
  @Answers(202, RedriveDeadLetter, {
    summary: 'Lets a dead letter be tried again, with all its attempts.',
    description: 'What waits behind it follows once it is handled.',
  })
  redrive(@Param('id', id) id: string) {
    const { RedriveDeadLetter } = this.ownerOf(id);
    return this.commands.execute(new RedriveDeadLetter({ id }));
  }

  @Delete('dead-letters/:id')
  @Answers(204, DiscardDeadLetter, {
    summary: 'Gives a dead letter up for good.',
    description: 'It is never handled by this subscriber; what waits behind it goes on.',
  })
  discard(@Param('id', id) id: string) {
    const { DiscardDeadLetter } = this.ownerOf(id);
    return this.commands.execute(new DiscardDeadLetter({ id }));
  }

  @Post('contexts/:context/replays')
  @Answers(202, ReplayMessages, {
    summary: 'Tells again what a context has published since an instant.',
    description: 'For who lost it, as after a backup was restored; who had it drops it. In order, and within seconds.',
  })
  replayMessages(@Param('context', context) name: string, @Body({ schema: ReplayMessages.input }) body: Replay) {
    if (!this.fleet.has(name)) throw ReplayMessages.failure('operations.context_not_found');
    const { ReplayMessages: Replaying } = operationsOf(name);
    return this.commands.execute(new Replaying(body));
  }

  @Get('flows/:correlationId')
  @Answers(200, GetFlow, {
    summary: 'Every message that followed from one request, causes before effects.',
    description: 'The id is a request’s `x-request-id`, the `traceId` of its errors.',
    answer: Flow,
  })
  async flow(@Param('correlationId', flowId) correlationId: string) {
    const told = await this.fleet.ask(({ GetFlow }) => new GetFlow({ correlationId }));
    const messages = told.answers.flatMap(({ context, messages }) =>
      messages.map((message) => ({ ...message, publisher: context })),
    );
    if (messages.length === 0)
      throw told.unavailable.length > 0
        ? kernelFailure('kernel.unavailable')
        : GetFlow.failure('operations.flow_not_found');
    const messageIds = messages.map(({ id }) => id);
    const came = await this.fleet.ask(({ GetFlow }) => new GetFlow({ correlationId, messageIds }));
    const deliveries = Map.groupBy(
      came.answers.flatMap(({ deliveries }) => deliveries),
      ({ messageId }) => messageId,
    );
    return {
      correlationId,
      messages: inOrder(messages).map((message) => ({
        ...message,
        kind: message.destination === null ? ('event' as const) : ('command' as const),
        payload: parsed(message),
        deliveries: (deliveries.get(message.id) ?? []).map(({ subscriber, takenAt, parked }) => ({
          subscriber,
          handledAt: parked ? null : takenAt,
          parked,
        })),
      })),
      truncated: told.answers.some(({ truncated }) => truncated),
      unavailable: [...new Set([...told.unavailable, ...came.unavailable])],
    };
  }

  /** The messages of the context that a dead letter's id begins with. Of one that is malformed there is no dead letter. */
  private ownerOf(id: string): Operations {
    const [context = ''] = id.split(/[.:]/);
    if (!this.fleet.has(context) || !RedriveDeadLetter.input.safeParse({ id }).success)
      throw RedriveDeadLetter.failure('operations.dead_letter_not_found');
    return operationsOf(context);
  }
}

/** As each context orders its own: by message id, that is by time, then by subscriber. */
const place = ({ id, subscriber }: { id: string; subscriber: string }): string => id.slice(-36) + subscriber;
