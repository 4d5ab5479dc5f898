import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { FORMAT, Seal } from './seal.js';

const ours = new Seal('a key that the test made up');

/** The body alone. */
const opened = (seal: Seal, to: string, sealed: string) => seal.open(to, sealed)?.body;

describe('a seal', () => {
  it('is opened by whoever has the key, at the place it was sealed for', () => {
    const sealed = ours.seal('shop', 'Grüße.\n{"a":1}');
    expect(opened(new Seal('a key that the test made up'), 'shop', sealed)).toBe('Grüße.\n{"a":1}');
    expect(ours.open('elsewhere', sealed)).toBeUndefined();
    expect(new Seal('another').open('shop', sealed)).toBeUndefined();
  });

  it('is signed as RFC 2104 says, by the hash of the secret', () => {
    const key = createHash('sha256').update('Schlüssel, of more than one block of the hash: '.repeat(2)).digest('hex');
    const expected = createHmac('sha256', key).update('shop\nGrüße').digest('base64url');
    const seal = new Seal('Schlüssel, of more than one block of the hash: '.repeat(2));
    for (const time of [1, 2]) expect([time, seal.seal('shop', 'Grüße')]).toEqual([time, `1.${expected}.Grüße`]);
  });

  it('covers the format: a pack cannot pass for what it is not', () => {
    const pack = ours.seal('shop', '[]', FORMAT.pack);
    expect(ours.open('shop', pack)).toEqual({ format: FORMAT.pack, body: '[]' });
    expect(ours.open('shop', pack.replace('2.', '1.'))).toBeUndefined();
  });

  it.each([
    ['another body', (sealed: string) => `${sealed} `],
    ['no signature', () => '1..body'],
    ['half a signature', (sealed: string) => sealed.replace(/\.(.{20})[^.]*\./, '.$1.')],
    ['nothing of a seal', () => 'body'],
    ['nothing at all', () => ''],
  ])('is refused with %s', (_, change) => {
    expect(ours.open('shop', change(ours.seal('shop', 'body')))).toBeUndefined();
  });

  it('of a later format is not taken for a forgery', () => {
    expect(() => ours.open('shop', ours.seal('shop', 'body').replace('1.', '3.'))).toThrow(/format 3/);
  });

  it('is not signed without a key', () => {
    const unsigned = new Seal(undefined);
    expect(unsigned.seal('shop', 'body')).toBe('1..body');
    expect(opened(unsigned, 'shop', ours.seal('shop', 'body'))).toBe('body');
  });
});
