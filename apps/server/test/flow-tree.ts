import { expect } from '@jest/globals';
import { until } from '#kernel/testing';
import type { Shop } from './shop.js';

export interface FlowMessage {
  readonly id: string;
  readonly name: string;
  readonly causationId: string | null;
}

/** The messages that a checkout's request itself sends and publishes. */
export const madeByCheckout = ['order-placed', 'reserve-stock', 'expire-order'];

const short = (name: string) => name.replace(/^\w+\.(.*)\.v1$/, '$1');

/**
 * Waits until all of `last` are in a request's flow, and each message has its cause there, but for those of `made`, which the
 * request itself made. The contexts are read one after the other: an effect may be in an answer whose cause was committed
 * after its context had been read, and is in the next.
 */
export async function expectTree(
  shop: Shop,
  correlationId: string,
  made: readonly string[],
  last: readonly string[],
): Promise<FlowMessage[]> {
  const flow = await until(
    async () => {
      const messages = await flowOf(shop, correlationId);
      if (!last.every((name) => messages.some((message) => short(message.name) === name))) return false;
      const ids = new Set(messages.map(({ id }) => id));
      const orphans = messages.filter(({ causationId }) => causationId !== null && !ids.has(causationId));
      if (orphans.length > 0) throw new Error(`their causes are not there: ${JSON.stringify(orphans)}`);
      return messages;
    },
    `${last.join(', ')} in the flow, with all causes`,
  );
  const withoutCause = flow.filter(({ causationId }) => causationId === null).map(({ name }) => short(name));
  expect(withoutCause.toSorted()).toEqual([...made].toSorted());
  return flow;
}

/** The messages that led to the first of that name, the nearest first. */
export function causesOf(flow: readonly FlowMessage[], name: string): string[] {
  const byId = new Map(flow.map((message) => [message.id, message]));
  const causes: string[] = [];
  let message = flow.find((one) => short(one.name) === name);
  while ((message = message && byId.get(message.causationId ?? ''))) causes.push(short(message.name));
  return causes;
}

async function flowOf(shop: Shop, correlationId: string): Promise<FlowMessage[]> {
  const { status, body } = await shop.http.get(`/api/v1/admin/flows/${correlationId}`).set(await shop.admin());
  return status === 200 && body.unavailable.length === 0 ? (body.messages as FlowMessage[]) : [];
}
