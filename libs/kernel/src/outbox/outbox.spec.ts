import { describe, expect, it } from '@jest/globals';
import { MAX_MESSAGE_BYTES, outgoingStatements } from './outbox.js';

const message = (text: string) => ({
  id: '0198c1de-0000-7000-8000-000000000000',
  name: 'shop.told.v1',
  key: 'one',
  destination: null,
  payload: { text },
  metadata: { correlationId: 'c0ffee', causationId: null },
  due: null,
});

describe('what a transaction sends', () => {
  it('is refused by its name where no broker would carry it', () => {
    expect(() => outgoingStatements([message('small'), message('€'.repeat(MAX_MESSAGE_BYTES / 3))])).toThrow(
      /^shop\.told\.v1 is too large: 31457\d\d bytes, of 3145728 at most$/,
    );
  });

  it('may be much together', () => {
    const half = message('x'.repeat(MAX_MESSAGE_BYTES / 2));
    expect(outgoingStatements([half, half, half])).toHaveLength(1);
  });
});
