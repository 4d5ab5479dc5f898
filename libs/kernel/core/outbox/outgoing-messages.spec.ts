import { describe, expect, it } from '@jest/globals';
import { MAX_MESSAGE_BYTES, OutgoingMessages } from './outgoing-messages.js';

const statements = (...texts: string[]) => {
  const messages = new OutgoingMessages();
  for (const text of texts)
    messages.add(
      {
        id: '0198c1de-0000-7000-8000-000000000000',
        name: 'shop.told.v1',
        key: 'one',
        destination: null,
        payload: { text },
        headers: { correlationId: 'c0ffee' },
      },
      undefined,
    );
  return messages.statements();
};

describe('what a transaction sends', () => {
  it('is refused by its name where no broker would carry it', () => {
    expect(() => statements('small', '€'.repeat(MAX_MESSAGE_BYTES / 3))).toThrow(
      /^shop\.told\.v1 is too large: 31457\d\d bytes, of 3145728 at most$/,
    );
  });

  it('may be much together', () => {
    const half = 'x'.repeat(MAX_MESSAGE_BYTES / 2);
    expect(statements(half, half, half)).toHaveLength(1);
  });
});
