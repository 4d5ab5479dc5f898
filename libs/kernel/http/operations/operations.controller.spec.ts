import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CommandBus, QueryBus } from '@nestjs/cqrs';
import { contractOf, kernelFailure } from '#kernel/messages';
import { Fleet } from '#kernel/edge';
import { OperationsController } from './operations.controller.js';

const idOf = (n: number): string => `0199f3a2-7c1e-7abc-8def-${String(n).padStart(12, '0')}`;
const letterOf = (context: string, subscriber: string, n: number) => ({
  id: `${subscriber}:${idOf(n)}`,
  context,
  subscriber,
  payload: '{"n":1}',
});
const messageOf = (n: number, causationId: string | null = null) => ({
  id: idOf(n),
  name: `some.message-${n}.v1`,
  at: `2026-01-31T12:00:00.00${n}Z`,
  destination: n % 2 ? null : 'cart',
  causationId,
  payload: null,
});

/** The contexts as far as an operator asks them, each with what it knows; one that has no entry is away. */
class FakeContexts {
  letters: Record<string, ReturnType<typeof letterOf>[]> = {};
  messages: Record<string, ReturnType<typeof messageOf>[]> = {};
  deliveries: Record<string, { messageId: string; subscriber: string; takenAt: string; parked: object | null }[]> = {};

  execute = async (query: { limit: number; cursor?: string; messageIds?: string[] }): Promise<object> => {
    const { context, messageName } = contractOf(query);
    if (messageName.includes('get-flow')) {
      const messages = this.messages[context];
      if (!messages) throw kernelFailure('kernel.outcome_unknown');
      const deliveries = (this.deliveries[context] ?? []).filter(({ messageId }) =>
        query.messageIds?.includes(messageId),
      );
      return { messages, truncated: false, deliveries };
    }
    const letters = this.letters[context];
    if (!letters) throw kernelFailure('kernel.unavailable');
    const place = (id: string) => id.slice(-36) + id.slice(0, -37);
    const all = letters.filter(({ id }) => query.cursor === undefined || place(id) > place(query.cursor));
    const items = all.slice(0, query.limit);
    return { items, nextCursor: all.length > items.length ? items.at(-1)!.id : null };
  };
}

describe('the operators’ API', () => {
  let contexts: FakeContexts;
  let controller: OperationsController;
  beforeEach(() => {
    contexts = new FakeContexts();
    const fleet = new Fleet(['cart', 'ordering', 'payments'], contexts as unknown as QueryBus);
    controller = new OperationsController(fleet, {} as CommandBus);
  });

  it('walks through the dead letters of all contexts by time, meeting each once', async () => {
    contexts.letters = {
      cart: [letterOf('cart', 'cart', 1), letterOf('cart', 'cart.orders', 4), letterOf('cart', 'cart.prices', 4)],
      ordering: [letterOf('ordering', 'ordering', 2), letterOf('ordering', 'ordering.checkout', 4)],
      payments: [letterOf('payments', 'payments', 3), letterOf('payments', 'payments', 5)],
    };
    const walked: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await controller.list({ limit: 2, cursor, retrying: 'false' });
      expect(page.items.length).toBeLessThanOrEqual(2);
      walked.push(...page.items.map(({ id }) => id));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    const inOrder = [
      'cart 1',
      'ordering 2',
      'payments 3',
      'cart.orders 4',
      'cart.prices 4',
      'ordering.checkout 4',
      'payments 5',
    ];
    expect(walked).toEqual(inOrder.map((one) => one.replace(/ (\d)$/, (_, n: string) => `:${idOf(Number(n))}`)));
  });

  it('shows payloads as what they are', async () => {
    contexts.letters = { cart: [letterOf('cart', 'cart', 1)], ordering: [], payments: [] };
    expect((await controller.list({ limit: 2, retrying: 'false' })).items[0]!.payload).toEqual({ n: 1 });
  });

  it('names the contexts that are away, and tells what the others know', async () => {
    contexts.letters = { ordering: [letterOf('ordering', 'ordering', 2)] };
    expect(await controller.list({ limit: 2, retrying: 'false' })).toMatchObject({
      items: [{ context: 'ordering' }],
      nextCursor: null,
      unavailable: ['cart', 'payments'],
    });
    contexts.messages = { ordering: [messageOf(1)] };
    expect(await controller.flow('f')).toMatchObject({
      messages: [{ id: idOf(1) }],
      unavailable: ['cart', 'payments'],
    });
  });

  it('puts a flow together: who published, who took it, causes before effects', async () => {
    contexts.messages = {
      ordering: [messageOf(2), messageOf(4, idOf(3))],
      cart: [messageOf(3, idOf(2))],
      payments: [],
    };
    const takenAt = '2026-01-31T12:00:01.000Z';
    const parked = { attempts: 2, error: null, nextAttemptAt: null };
    contexts.deliveries = {
      cart: [{ messageId: idOf(2), subscriber: 'cart', takenAt, parked: null }],
      payments: [{ messageId: idOf(3), subscriber: 'payments.audit', takenAt, parked }],
    };
    const { messages, unavailable } = await controller.flow('f');
    expect(messages).toMatchObject([
      {
        id: idOf(2),
        kind: 'command',
        publisher: 'ordering',
        deliveries: [{ subscriber: 'cart', handledAt: takenAt, parked: null }],
      },
      {
        id: idOf(3),
        kind: 'event',
        publisher: 'cart',
        deliveries: [{ subscriber: 'payments.audit', handledAt: null, parked }],
      },
      { id: idOf(4), kind: 'command', publisher: 'ordering', deliveries: [] },
    ]);
    expect(unavailable).toEqual([]);
  });

  it('does not say that there is no flow while somebody is away who may know it', async () => {
    contexts.messages = { cart: [], ordering: [], payments: [] };
    await expect(controller.flow('f')).rejects.toMatchObject({ code: 'operations.flow_not_found' });
    contexts.messages = { cart: [], ordering: [] };
    await expect(controller.flow('f')).rejects.toMatchObject({ code: 'kernel.unavailable' });
  });
});
