import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { contractMap, mapOf } from './contract-map.js';

const silent = { askedBy: [], sentBy: [], subscribers: [] };
const messages = [
  { ...silent, name: '*.get-flow.v1', context: '*', askedBy: ['edge'] },
  { ...silent, name: 'cart.get-cart.v1', context: 'cart', askedBy: ['edge', 'ordering'] },
  { ...silent, name: 'inventory.reserve.v1', context: 'inventory', sentBy: ['ordering'] },
  {
    ...silent,
    name: 'ordering.placed.v1',
    context: 'ordering',
    subscribers: ['cart.orders', 'cart.mail', 'ordering.own'],
  },
  { ...silent, name: 'inventory.reserved.v1', context: 'inventory', subscribers: ['ordering.checkout'] },
];

describe('the map of contracts', () => {
  it('says who asks, sends and tells what to whom', () => {
    expect(mapOf(messages)).toMatchObject({
      contexts: ['cart', 'inventory', 'ordering'],
      calls: [
        { from: 'edge', to: '*', message: '*.get-flow.v1' },
        { from: 'edge', to: 'cart', message: 'cart.get-cart.v1' },
        { from: 'ordering', to: 'cart', message: 'cart.get-cart.v1' },
      ],
      sends: [{ from: 'ordering', to: 'inventory', message: 'inventory.reserve.v1' }],
      events: [
        { from: 'ordering', to: 'cart', message: 'ordering.placed.v1' },
        { from: 'inventory', to: 'ordering', message: 'inventory.reserved.v1' },
      ],
    });
  });

  it('names as readers those who listen, and those to whom commands are sent; not who is asked, nor the publisher itself', () => {
    const { readersOf } = mapOf(messages);
    expect(readersOf('ordering')).toEqual(['cart', 'inventory']);
    expect(readersOf('inventory')).toEqual(['ordering']);
    expect(readersOf('cart')).toEqual([]);
  });

  it('is read from the snapshot of the contracts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'contracts-'));
    const file = join(folder, 'contracts.json');
    writeFileSync(file, JSON.stringify({ dialect: 'x', messages }));
    expect(JSON.stringify(contractMap(file))).toBe(JSON.stringify(mapOf(messages)));
    rmSync(folder, { recursive: true });
  });

  it('is found above the code, and knows who reads what in this project', () => {
    expect(contractMap().readersOf('ordering')).toEqual(expect.arrayContaining(['cart', 'inventory', 'payments']));
  });
});
