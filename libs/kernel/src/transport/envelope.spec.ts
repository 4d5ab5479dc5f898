import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Envelope } from './envelope.js';

const ours = new Envelope('a key that the test made up');

describe('an envelope', () => {
  it('is opened by whoever has the key, at the place it was sealed for', () => {
    const sealed = ours.seal('shop', 'Grüße.\n{"a":1}');
    expect(new Envelope('a key that the test made up').open('shop', sealed)).toBe('Grüße.\n{"a":1}');
    expect(ours.open('elsewhere', sealed)).toBeUndefined();
    expect(new Envelope('another').open('shop', sealed)).toBeUndefined();
  });

  it('is signed as RFC 2104 says, by the hash of the secret', () => {
    const key = createHash('sha256').update('Schlüssel, of more than one block of the hash: '.repeat(2)).digest('hex');
    const expected = createHmac('sha256', key).update('shop\nGrüße').digest('base64url');
    const envelope = new Envelope('Schlüssel, of more than one block of the hash: '.repeat(2));
    for (const time of [1, 2]) expect([time, envelope.seal('shop', 'Grüße')]).toEqual([time, `1.${expected}.Grüße`]);
  });

  it.each([
    ['another body', (sealed: string) => `${sealed} `],
    ['no signature', () => '1..body'],
    ['half a signature', (sealed: string) => sealed.replace(/\.(.{20})[^.]*\./, '.$1.')],
    ['nothing of an envelope', () => 'body'],
    ['nothing at all', () => ''],
  ])('is refused with %s', (_, change) => {
    expect(ours.open('shop', change(ours.seal('shop', 'body')))).toBeUndefined();
  });

  it('of a later format is not taken for a forgery', () => {
    expect(() => ours.open('shop', ours.seal('shop', 'body').replace('1.', '2.'))).toThrow(/format 2/);
  });

  it('is not signed without a key', () => {
    const unsigned = new Envelope(undefined);
    expect(unsigned.seal('shop', 'body')).toBe('1..body');
    expect(unsigned.open('shop', ours.seal('shop', 'body'))).toBe('body');
  });
});
