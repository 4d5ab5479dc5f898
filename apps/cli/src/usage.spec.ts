import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { spoken } from './usage.js';

const ways = (code: string) => spoken(ts.createSourceFile('a.ts', code, ts.ScriptTarget.Latest), 'Pay');

describe('a file that uses a command', () => {
  it.each([
    ['await this.commands.execute(new Pay({ id }));', { asks: true, sends: false }],
    ['send(new Pay({ id }), { at });', { asks: false, sends: true }],
    ['order.record(new Paid({ id })).send(new Pay({ id })).send(new Ship({ id }));', { asks: false, sends: true }],
    ['execute(new Ship({ id }));\nsend(new Pay({ id }));', { asks: false, sends: true }],
    ['await execute(new Pay({ id }));\nsend(new Pay({ id }));', { asks: true, sends: true }],
    ['send(late ? new Pay({ id }) : new Ship({ id }));', { asks: true, sends: true }],
    ['const pay = new Pay({ id });', { asks: true, sends: true }],
    ['ids.forEach(all(Pay));', { asks: true, sends: true }],
  ])('%s', (code, said) => {
    expect(ways(code)).toEqual(said);
  });
});
