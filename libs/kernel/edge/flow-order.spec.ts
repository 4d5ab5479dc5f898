import { expect, it } from '@jest/globals';
import { inOrder } from './flow-order.js';

const message = (id: string, at: number, causationId: string | null = null) => ({
  id,
  at: `2026-01-31T12:00:00.${String(at).padStart(3, '0')}Z`,
  causationId,
});

it('a flow is told by time, and no effect before its cause, though another clock is slow', () => {
  const flow = [
    message('effect', 1, 'cause'),
    message('later', 9),
    message('cause', 5, 'gone'),
    message('first', 0),
    message('effect of effect', 2, 'effect'),
  ];
  expect(inOrder(flow).map(({ id }) => id)).toEqual(['first', 'cause', 'effect', 'effect of effect', 'later']);
});
