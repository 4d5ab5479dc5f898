import { describe, expect, it } from '@jest/globals';
import { pause, SystemClock, SystemRandomness } from '#kernel/base';
import { anonymous, type CallRequest, type CallTransport, NoReply } from '#kernel/core';
import { Failure, JsonText, kernelFailure } from '#kernel/messages';
import { until } from '#kernel/testing';

/** What a transport's spec lends for what every transport guarantees. */
export interface TestedCalls {
  /** Of the transport, as it stands in the tests' names. */
  readonly name: string;
  readonly isMissing?: boolean;
  /** A process on the bus of the test that runs, connected; closed at its end. */
  readonly open: (options?: {
    readonly key?: undefined;
    readonly concurrency?: number;
    readonly maxBytes?: number;
  }) => Promise<CallTransport>;
  /** Absent where there is none: then calls cannot lose it. */
  readonly broker?: () => { kill(): Promise<void>; launch(): Promise<void>; freeze(): void; thaw(): void };
}

const clock = new SystemClock();

export const request = (input: object, milliseconds = 10_000): CallRequest => ({
  name: 'shop.ask.v1',
  input,
  metadata: { correlationId: 'one', principal: anonymous, deadline: clock.now() + milliseconds },
});

/** As the bus does: asks again as long as nobody knows or nothing has happened. */
export async function insist(calls: CallTransport, input: object): Promise<unknown> {
  return until(() => calls.call('shop', request(input)).then((answer) => ({ answer })), 'answered', 60).then(
    ({ answer }) => answer,
  );
}

export const echo = async ({ input }: CallRequest): Promise<unknown> => input;
export const never = () => new Promise<never>(() => undefined);

interface BreakingCalls {
  readonly owner: CallTransport;
  readonly asker: CallTransport;
  /** Breaks the connections that there are. */
  readonly breakConnections: () => Promise<void> | void;
  readonly longestPauseMs: number;
  readonly isEnough: (answered: number, unknown: number) => boolean;
}

/** Calls while connections break again and again, until it is enough, and expects that no request was carried out twice. */
export async function expectAtMostOnce(breaking: BreakingCalls): Promise<void> {
  const { owner, asker, breakConnections, longestPauseMs, isEnough } = breaking;
  const begun = new Map<number, number>();
  await owner.serve('shop', async ({ input }) => {
    const { n } = input as { n: number };
    begun.set(n, (begun.get(n) ?? 0) + 1);
    return n;
  });
  let [n, answered, unknown, isOver] = [0, 0, 0, false];
  const harm = (async () => {
    const randomness = new SystemRandomness();
    for (; !isOver; await pause(20 + randomness.next() * (longestPauseMs - 20))) await breakConnections(); // long enough, now and then
  })();
  const askers = Array.from({ length: 8 }, async () => {
    while (!isEnough(answered, unknown)) {
      try {
        await asker.call('shop', request({ n: n++ }, 2_000));
        answered++;
      } catch (error) {
        if (error instanceof NoReply) unknown++;
        await pause(5);
      }
    }
  });
  await Promise.all(askers);
  isOver = true;
  await harm;
  expect(Math.max(...begun.values())).toBe(1);
  expect(await insist(asker, { n: -1 })).toBe(-1);
}

/** The guarantees of calls over any transport. */
export function callGuarantees({ name, isMissing = false, open, broker }: TestedCalls): void {
  const describeOnBroker = isMissing ? describe.skip : describe;

  describeOnBroker(`calls over ${name}, as over any transport,`, () => {
    it('bring the request to the owner as it was, and its answer back', async () => {
      const [owner, asker] = [await open(), await open()];
      const seen: CallRequest[] = [];
      await owner.serve('shop', async (asked) => {
        seen.push(asked);
        return { told: asked.input, nothing: null };
      });
      const once = request({ text: 'Grüße, 世界 \n "quoted"' });
      const asked = { ...once, metadata: { ...once.metadata, callId: 'a key' } };
      expect(await asker.call('shop', asked)).toEqual({ told: asked.input, nothing: null });
      expect(seen).toEqual([asked]);
    });

    it('bring an answer of nothing, and a text that is JSON already without reading it', async () => {
      const [owner, asker] = [await open(), await open()];
      await owner.serve('shop', async ({ input }) =>
        'text' in input ? new JsonText('{"name":  "Tent"}', { version: 7 }) : undefined,
      );
      expect(await asker.call('shop', request({}))).toBeUndefined();
      const answer = await asker.call('shop', request({ text: true }));
      expect(answer).toBeInstanceOf(JsonText);
      expect(answer).toMatchObject({ text: '{"name":  "Tent"}', version: 7 });
    });

    it('bring a refusal as the owner made it, and anything else as an internal error', async () => {
      const [owner, asker] = [await open(), await open()];
      const refusal = {
        code: 'shop.sold_out',
        message: 'Sold out.\u2028Grüße\n',
        status: 409,
        retryable: false,
        details: { left: 0 },
      };
      await owner.serve('shop', async ({ input }) => {
        throw 'bug' in input ? new Error('a secret of ours') : new Failure(refusal);
      });
      const refused = await asker.call('shop', request({})).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Failure);
      expect((refused as Failure).toEnvelope()).toEqual(refusal);
      await expect(asker.call('shop', request({ bug: true }))).rejects.toMatchObject({ code: 'internal', status: 500 });
    });

    it('are each carried out by one replica, and answered to the process that asked', async () => {
      const owners = [await open({ concurrency: 4 }), await open({ concurrency: 4 })];
      const askers = [await open(), await open()];
      const done: number[][] = [[], []];
      for (const [index, owner] of owners.entries()) {
        await owner.serve('shop', async ({ input }) => {
          done[index]!.push((input as { n: number }).n);
          await new Promise(setImmediate);
          return input;
        });
      }
      const warm = (): Promise<unknown> => Promise.all(askers.map((asker) => asker.call('shop', request({ n: -1 }))));
      await until(async () => (await warm()) && done.every((some) => some.length > 0), 'both have work');
      done[0] = [];
      done[1] = [];
      const numbers = Array.from({ length: 200 }, (_, n) => n);
      const answers = await Promise.all(numbers.map((n) => askers[n % 2]!.call('shop', request({ n }))));
      expect(answers).toEqual(numbers.map((n) => ({ n })));
      expect(done.flat().toSorted((a, b) => a - b)).toEqual(numbers);
      expect(done.every((some) => some.length > 0)).toBe(true);
    });

    it('drop a reply that nobody waits for any more', async () => {
      const [owner, asker] = [await open(), await open()];
      let answer: ((value: unknown) => void) | undefined;
      await owner.serve('shop', () => new Promise((resolve) => (answer = resolve)));
      const givenUp = () => asker.call('shop', request({}, 1_000)).catch((error: unknown) => error);
      const late = await until(async () => (await givenUp()) instanceof NoReply && answer, 'begun, and given up');
      late({ late: true });
      await until(() => asker.counters['late'] === 1, 'dropped');
    });

    it('understand each other without a key, in development', async () => {
      const [owner, asker] = [await open({ key: undefined }), await open({ key: undefined })];
      await owner.serve('shop', echo);
      expect(await asker.call('shop', request({ n: 1 }))).toEqual({ n: 1 });
    });

    it('are refused in plain words where the request or the answer is too large', async () => {
      const [owner, asker] = [await open({ maxBytes: 2_000 }), await open({ maxBytes: 2_000 })];
      await owner.serve('shop', async ({ input }) => ('much' in input ? 'x'.repeat(2_000) : input));
      await expect(asker.call('shop', request({ text: 'ü'.repeat(900) }))).rejects.toMatchObject({
        code: 'kernel.request_too_large',
        status: 413,
      });
      await expect(asker.call('shop', request({ much: true }))).rejects.toMatchObject({
        code: 'kernel.answer_too_large',
      });
      expect(await asker.call('shop', request({ n: 1 }))).toEqual({ n: 1 });
    });

    it('finish what was begun and leave the rest to others when they drain; asking still works', async () => {
      const [leaving, other, asker] = [await open(), await open(), await open()];
      let finish: (() => void) | undefined;
      await leaving.serve(
        'shop',
        ({ input }) => new Promise((resolve) => (finish = () => resolve({ leaving: input }))),
      );
      const first = asker.call('shop', request({ n: 1 }));
      const end = await until(() => finish, 'begun');
      const drained = leaving.drain();
      end();
      await drained;
      expect(await first).toEqual({ leaving: { n: 1 } });
      await other.serve('shop', async ({ input }) => ({ other: input }));
      expect(await leaving.call('shop', request({ n: 2 }))).toEqual({ other: { n: 2 } });
    });
  });

  if (!broker) return;
  describeOnBroker(`calls while ${name} is in trouble, as with any broker,`, () => {
    it('are unavailable at once while it is away, and heal when it is back', async () => {
      const [owner, asker] = [await open(), await open()];
      await owner.serve('shop', echo);
      expect(await asker.call('shop', request({ n: 1 }))).toEqual({ n: 1 });
      await broker().kill();
      await until(() => asker.status === 'away' && owner.status === 'away', 'noticed');
      await expect(asker.call('shop', request({ n: 2 }))).rejects.toMatchObject(
        kernelFailure('kernel.unavailable').toEnvelope(),
      );
      await broker().launch();
      expect(await insist(asker, { n: 3 })).toEqual({ n: 3 });
      await until(() => asker.status === 'connected' && owner.status === 'connected', 'all is well');
    });

    it('end while it hangs, and heal when it goes on', async () => {
      const [owner, asker] = [await open(), await open()];
      await owner.serve('shop', echo);
      expect(await asker.call('shop', request({ n: 0 }))).toEqual({ n: 0 });
      broker().freeze();
      try {
        const asked = asker.call('shop', request({ n: 1 })).catch((error: unknown) => error);
        await until(() => asker.status === 'away', 'noticed', 30);
        expect(await asked).toBeInstanceOf(NoReply);
        await expect(asker.call('shop', request({ n: 2 }))).rejects.toMatchObject({ code: 'kernel.unavailable' });
      } finally {
        broker().thaw();
      }
      expect(await insist(asker, { n: 3 })).toEqual({ n: 3 });
    });
  });
}
