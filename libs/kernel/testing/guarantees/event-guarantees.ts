import { expect, it } from '@jest/globals';
import { type EventLog, type EventTransport, Forgotten, type LogReader } from '#kernel/core';
import type { MessageEnvelope } from '#kernel/messages';
import { until } from '#kernel/testing';

/** What a test may say of a transport. */
export interface TransportUnderTest {
  readonly key: string;
  readonly partitions: number;
  readonly batch: number;
  readonly maxBytes: number;
}

/** A broker that a test does harm to, as TestRedis and TestKafka are. */
export interface Harmed {
  kill(): Promise<void>;
  launch(): Promise<void>;
  lose(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export type MakeTransport = (options?: Partial<TransportUnderTest>) => EventTransport & {
  readonly counters: { readonly forged: number };
};

export const message = (n: number, key = 'a'): MessageEnvelope => ({
  id: `01936b5e-7c4a-7000-8000-${String(n).padStart(12, '0')}`,
  name: 'shop.told.v1',
  key,
  destination: null,
  payload: { n, text: 'Grüße' },
  at: '2026-11-21T08:00:00.000Z',
  headers: { correlationId: 'c0', locale: 'de' },
});
export const messages = (from: number, to: number): MessageEnvelope[] =>
  Array.from({ length: to - from + 1 }, (_, n) => message(from + n));
const numberOf = ({ id }: MessageEnvelope): number => Number(id.slice(-12));
export const numbersOf = (all: readonly MessageEnvelope[]): number[] => all.map(numberOf);
export const numbers = (from: number, to: number): number[] => numbersOf(messages(from, to));
/** What takes effect: as the inbox does, each message once. */
export const once = (taken: readonly MessageEnvelope[]): number[] => [...new Set(numbersOf(taken))];

/** A context that reads the log of `shop`. */
export async function reading(
  events: EventTransport,
  name: string,
  partitions: readonly number[],
): Promise<{ taken: MessageEnvelope[]; reader: LogReader }> {
  const taken: MessageEnvelope[] = [];
  const reader = await events.read(name, ['shop'], async (_, some) => {
    taken.push(...some);
  });
  reader.assign(partitions);
  return { taken, reader };
}

/** Appends messages one by one, so that each is an entry of the log, and there is a position between them. */
export async function appendEach(log: EventLog, all: readonly MessageEnvelope[], after?: string): Promise<string> {
  let position = after;
  for (const one of all) position = await log.append(0, [one], position);
  return position!;
}

/** As the relay does: what is not known to be handled is appended again where the log forgot it. */
export async function appendAgain(log: EventLog, all: readonly MessageEnvelope[]): Promise<string> {
  return until(() => log.append(0, all, undefined), 'appended', 30);
}

/** What every transport of events holds to (transport.ts). */
export function itCarriesEvents(transport: MakeTransport): void {
  it('come to every context that reads them, in order and as they were', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail', 'stock']);
    const [mail, stock] = [await reading(events, 'mail', [0, 1]), await reading(events, 'stock', [0, 1])];
    let position = await log.append(0, messages(1, 3), undefined);
    position = await log.append(0, messages(4, 250), position);
    await log.append(1, [message(1_000)], undefined);
    for (const { taken } of [mail, stock]) {
      await until(() => once(taken).length === 251, 'all are taken');
      const distinct = [...new Map(taken.map((one) => [one.id, one])).values()];
      expect(distinct.filter((one) => numberOf(one) < 1_000)).toEqual(messages(1, 250));
      expect(taken).toContainEqual(message(1_000));
    }
  });

  it('wait for a context that is not there yet', async () => {
    const log = await transport().open('shop', ['mail']);
    await log.append(0, messages(1, 3), undefined);
    const { taken } = await reading(transport(), 'mail', [0]);
    await until(() => taken.length === 3, 'taken');
  });

  it('wait for a publisher that makes its log later', async () => {
    const { taken } = await reading(transport(), 'mail', [0]);
    const log = await transport().open('shop', ['mail']);
    await log.append(0, messages(1, 3), undefined);
    await until(() => taken.length === 3, 'taken');
  });

  it('come again, the same and in order, until they are taken; other partitions go on meanwhile', async () => {
    const events = transport({ batch: 2 });
    const log = await events.open('shop', ['mail']);
    const offered: number[][] = [];
    let refuse = true;
    const reader = await events.read('mail', ['shop'], async (_, some) => {
      offered.push(numbersOf(some));
      if (refuse && numberOf(some[0]!) < 100) throw new Error('not now');
    });
    reader.assign([0, 1]);
    await log.append(0, messages(1, 4), undefined);
    await log.append(1, messages(100, 101), undefined);
    await until(() => offered.filter(([first]) => first === 1).length >= 3 && offered.flat().includes(100), 'offered');
    expect(offered.flat()).not.toContain(3);
    refuse = false;
    await until(() => offered.flat().includes(4), 'all are taken');
    expect(offered.at(-1)).toEqual([3, 4]);
  });

  it('move to another process with their partition: nothing is lost, nothing out of order', async () => {
    const events = transport({ batch: 5 });
    const log = await events.open('shop', ['mail']);
    const [one, other] = [await reading(events, 'mail', [0]), await reading(transport({ batch: 5 }), 'mail', [])];
    let position: string | undefined;
    for (let n = 0; n < 20; n++) {
      position = await log.append(0, messages(n * 10 + 1, n * 10 + 10), position);
      one.reader.assign(n % 2 === 0 ? [] : [0]);
      other.reader.assign(n % 2 === 0 ? [0] : []);
    }
    await until(() => new Set([...numbersOf(one.taken), ...numbersOf(other.taken)]).size === 200, 'all are taken');
    for (const { taken } of [one, other]) expect(once(taken)).toEqual(once(taken).toSorted((a, b) => a - b));
  });

  it('are not handed out after their lease is lost, and what was not taken comes to the next one', async () => {
    const events = transport({ batch: 2 });
    const log = await events.open('shop', ['mail']);
    const offered: number[] = [];
    let finish: (() => void) | undefined;
    const slow = await events.read('mail', ['shop'], (_, some) => {
      offered.push(...numbersOf(some));
      return new Promise((_resolve, reject) => (finish = () => reject(new Error('rolled back'))));
    });
    slow.assign([0]);
    await log.append(0, messages(1, 4), undefined);
    const end = await until(() => finish, 'begun');
    slow.assign([]);
    const next = await reading(transport(), 'mail', [0]);
    await until(() => next.taken.length === 4, 'the next one takes them all');
    end();
    await slow.stop();
    expect(offered).toEqual([1, 2]);
    expect(numbersOf(next.taken)).toEqual([1, 2, 3, 4]);
  });

  it('are finished when the reader stops', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    let finish: (() => void) | undefined;
    const reader = await events.read('mail', ['shop'], () => new Promise((resolve) => (finish = resolve)));
    reader.assign([0]);
    const position = await log.append(0, messages(1, 2), undefined);
    const end = await until(() => finish, 'begun');
    const stopped = reader.stop();
    end();
    await stopped;
    expect(await log.settle([{ partition: 0, position }])).toEqual(['handled']);
  });

  it('are settled once every reader has passed them', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail', 'stock']);
    const first = await log.append(0, messages(1, 50), undefined);
    const second = await log.append(0, messages(51, 100), first);
    const both = [first, second].map((position) => ({ partition: 0, position }));
    const mail = await reading(events, 'mail', [0]);
    await until(() => once(mail.taken).length === 100, 'one has read them');
    expect(await log.settle(both)).toEqual(['waiting', 'waiting']);

    let held = true;
    const stock: number[] = [];
    const reader = await transport({ batch: 50 }).read('stock', ['shop'], async (_, some) => {
      if (held && numberOf(some[0]!) > 50) throw new Error('not now');
      stock.push(...numbersOf(some));
    });
    reader.assign([0]);
    await until(async () => (await log.settle(both))[0] === 'handled', 'the first half is handled');
    expect(await log.settle(both)).toEqual(['handled', 'waiting']);
    held = false;
    await until(async () => (await log.settle(both))[1] === 'handled', 'all are handled');
    expect([...new Set(stock)]).toEqual(numbers(1, 100));
  });

  it('keep the number of partitions that their log was made with', async () => {
    await transport({ partitions: 2 }).open('shop', ['mail']);
    await expect(transport({ partitions: 3 }).open('shop', ['mail'])).rejects.toThrow(/has 2 since it was made/);
  });

  it('are refused where they were not signed with the key, and counted', async () => {
    const log = await transport({ key: 'another' }).open('shop', ['mail']);
    const first = await log.append(0, [message(1)], undefined);
    const position = await log.append(0, [message(2)], first);
    const events = transport();
    const { taken } = await reading(events, 'mail', [0]);
    const ours = await events.open('shop', ['mail']);
    await ours.append(0, [message(3)], position);
    await until(() => taken.length === 1, 'the real one is taken');
    expect(numbersOf(taken)).toEqual([3]);
    expect(events.counters.forged).toBe(2);
  });

  it('come where they are as large as may be, beside small ones', async () => {
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const { taken } = await reading(events, 'mail', [0, 1]);
    const payload = 'x'.repeat(4_000_000);
    const large = (n: number) => ({ ...message(n), payload });
    await Promise.all([
      log.append(0, [message(1), large(2), message(3)], undefined),
      log.append(1, [message(4), large(5)], undefined),
    ]);
    await until(() => once(taken).length === 5, 'all are taken');
    expect(new Set(numbersOf(taken.filter((one) => one.payload === payload)))).toEqual(new Set([2, 5]));
    expect(once(taken).filter((id) => id <= 3)).toEqual([1, 2, 3]);
  });

  it('are not appended where one is too large, and neither are those after it', async () => {
    const log = await transport({ maxBytes: 1_000 }).open('shop', ['mail']);
    const large = { ...message(2), payload: 'ü'.repeat(500) };
    await expect(log.append(0, [message(1), large, message(3)], undefined)).rejects.toThrow(/larger than 1000 bytes/);
  });
}

/** What it holds to while its broker is in trouble. */
export function itSurvivesTrouble(transport: MakeTransport, harmed: () => Harmed): void {
  it('survive a broker that is killed and comes back with its files, readers and writers running', async () => {
    const broker = harmed();
    const events = transport({ batch: 10 });
    const log = await events.open('shop', ['mail']);
    const { taken } = await reading(events, 'mail', [0]);
    let position: string | undefined;
    let handled = 0;
    let launched = Promise.resolve();
    for (let n = 0; n < 300; n += 10) {
      if (n === 100 || n === 200) await broker.kill();
      if (n === 100 || n === 200) launched = broker.launch();
      await until(
        async () => {
          try {
            // From where it was handled where the log forgot, as the relay does.
            position = await log.append(0, messages(position === undefined ? handled + 1 : n + 1, n + 10), position);
            if ((await log.settle([{ partition: 0, position }]))[0] === 'handled') handled = n + 10;
            return true;
          } catch (error) {
            if (error instanceof Forgotten) position = undefined;
            throw error;
          }
        },
        'appended',
        30,
      );
    }
    await launched;
    await until(() => once(taken).length === 300, 'all are taken', 30);
    expect(once(taken)).toEqual(numbers(1, 300));
  });

  it('are forgotten where the broker comes back without what it had acknowledged', async () => {
    const broker = harmed();
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const position = await log.append(0, messages(1, 3), undefined);
    await broker.kill();
    await broker.lose();
    await broker.launch();
    await until(() => events.status === 'connected', 'back');
    await until(async () => (await log.settle([{ partition: 0, position }]))[0] === 'forgotten', 'forgotten', 30);
    await expect(log.append(0, [message(4)], position)).rejects.toBeInstanceOf(Forgotten);
  });

  it('are rejected while it hangs, and come when it goes on', async () => {
    const broker = harmed();
    const events = transport();
    const log = await events.open('shop', ['mail']);
    const { taken } = await reading(events, 'mail', [0]);
    const position = await log.append(0, messages(1, 3), undefined);
    await until(() => taken.length === 3, 'taken');
    broker.freeze();
    try {
      await expect(log.append(0, messages(4, 5), position)).rejects.toThrow(/timed out|clos/i);
    } finally {
      broker.thaw();
    }
    await until(() => log.append(0, messages(4, 6), position), 'appended');
    await until(() => once(taken).length === 6, 'taken');
    expect(once(taken)).toEqual(numbers(1, 6));
  });
}
