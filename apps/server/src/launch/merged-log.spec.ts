import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MergedLog } from './merged-log.js';

const names = ['cart-1', 'ordering-1'];
const { NO_COLOR } = process.env;
afterEach(() => {
  if (NO_COLOR === undefined) delete process.env['NO_COLOR'];
  else process.env['NO_COLOR'] = NO_COLOR;
});

/** What is written when both say something. */
async function said(output: PassThrough): Promise<string> {
  const log = new MergedLog(names, output);
  for (const name of names) log.say(name, 'here');
  output.end();
  return text(output);
}

const terminal = (): PassThrough => Object.assign(new PassThrough(), { isTTY: true });

describe('A merged log', () => {
  it('begins each line with who says it', async () => {
    expect(await said(new PassThrough())).toBe('cart-1     | here\nordering-1 | here\n');
  });

  it('keeps lines whole, however they come', async () => {
    const output = new PassThrough();
    const log = new MergedLog(names, output);
    const [cart, ordering] = [new PassThrough(), new PassThrough()];
    log.follow('cart-1', cart);
    log.follow('ordering-1', ordering);
    const ends = [once(cart, 'end'), once(ordering, 'end')];
    const euro = Buffer.from('a €uro, ');
    cart.write(euro.subarray(0, 3)); // within the sign
    ordering.write('one\ntwo\n');
    cart.end(euro.subarray(3));
    ordering.end('an end without its line feed');
    await Promise.all(ends);
    output.end();
    const lines = (await text(output)).split('\n').toSorted();
    expect(lines).toEqual([
      '',
      'cart-1     | a €uro, ',
      'ordering-1 | an end without its line feed',
      'ordering-1 | one',
      'ordering-1 | two',
    ]);
  });

  it('gives each name its colour on a terminal, unless NO_COLOR is set', async () => {
    delete process.env['NO_COLOR'];
    const colours = (await said(terminal()))
      .split('\n')
      .flatMap((line) => line.split(/(?:cart|ordering)-1/).slice(0, -1));
    expect(colours.length).toBe(2);
    expect(new Set(colours).size).toBe(2);
    process.env['NO_COLOR'] = '1';
    expect(await said(terminal())).toBe('cart-1     | here\nordering-1 | here\n');
  });
});
