import { describe, expect, it } from '@jest/globals';
import type { MessageEnvelope } from '#kernel/messages';
import { MessagePacks } from './message-packs.js';
import { Seal } from './seal.js';

const seal = new Seal('a key that the test made up');
const packs = new MessagePacks(seal, 4_000_000);

const message = (n: number, text = 'Grüße'): MessageEnvelope => ({
  id: `01936b5e-7c4a-7000-8000-${String(n).padStart(12, '0')}`,
  name: 'shop.told.v1',
  key: 'a',
  destination: null,
  payload: { n, text },
  at: '2026-11-21T08:00:00.000Z',
  headers: { correlationId: 'c0', causationId: '01936b5e-7c4a-7000-8000-000000000000', locale: 'de' },
});
const messages = (count: number, text?: string) => Array.from({ length: count }, (_, n) => message(n, text));

describe('messages that are appended together', () => {
  it('are one entry, and come out as they were, in order', () => {
    const entries = packs.pack('log', messages(200));
    expect(entries).toHaveLength(1);
    expect(packs.unpack('log', entries[0]!)).toEqual(messages(200));
  });

  it('are several entries where they are many bytes; a large one is alone', () => {
    const all = [...messages(3, 'x'.repeat(60_000)), message(3, 'x'.repeat(1_000_000)), message(4)];
    const entries = packs.pack('log', all).map((entry) => packs.unpack('log', entry)!);
    expect(entries.map(({ length }) => length)).toEqual([2, 1, 1, 1]);
    expect(entries.flat()).toEqual(all);
  });

  it('are refused where one is too large, by its name', () => {
    const small = new MessagePacks(seal, 1_000);
    expect(() => small.pack('log', [message(1), message(2, 'ü'.repeat(500))])).toThrow(
      `shop.told.v1 ${message(2).id} is larger than 1000 bytes: it holds up log`,
    );
  });

  it('are not read where another key signed them, or they were meant for another log', () => {
    const [entry] = packs.pack('log', messages(1));
    expect(packs.unpack('other', entry!)).toBeUndefined();
    expect(new MessagePacks(new Seal('another'), 1_000).unpack('log', entry!)).toBeUndefined();
    for (const rubbish of ['2..rubbish', '2..{}', '2..7'])
      expect(new MessagePacks(new Seal(undefined), 1_000).unpack('log', rubbish)).toBeUndefined();
  });

  it('are read where a process of the version before appended them, each by itself', () => {
    const { id, headers, ...rest } = message(1);
    const { correlationId: correlation_id, causationId: causation_id } = headers;
    const former = { id: 7, message_id: id, slot: 3, ...rest, correlation_id, causation_id };
    expect(packs.unpack('log', seal.seal('log', JSON.stringify(former)))).toEqual([
      { ...message(1), headers: { correlationId: correlation_id, causationId: causation_id } },
    ]);
  });
});
