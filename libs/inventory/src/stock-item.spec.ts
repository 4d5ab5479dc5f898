import { describe, expect, it } from '@jest/globals';
import { AvailabilityChanged } from './contracts/stock.js';
import { StockItem } from './stock-item.js';

const item = (onHand: number, reserved = 0) => new StockItem('MUG', { onHand, reserved });
const told = (stockItem: StockItem) => stockItem.release().map(({ message }) => message);

describe('a stock item', () => {
  it('tells when the last piece goes and when the first comes back, and of nothing between', () => {
    const mugs = item(3);
    mugs.hold(2);
    expect(told(mugs)).toEqual([]);
    mugs.hold(1);
    expect(told(mugs)).toEqual([new AvailabilityChanged({ sku: 'MUG', available: false })]);
    mugs.take(2);
    mugs.letGo(1);
    expect(told(mugs)).toEqual([new AvailabilityChanged({ sku: 'MUG', available: true })]);
    mugs.restock(2);
    expect(told(mugs)).toEqual([]);
    expect(mugs).toMatchObject({ onHand: 3, reserved: 0, available: 3 });
  });

  it('begins with what it is said to have, and tells of it unless there is nothing', () => {
    const [some, none] = [StockItem.create('MUG', 5), StockItem.create('MUG', 0)];
    expect(told(some)).toEqual([new AvailabilityChanged({ sku: 'MUG', available: true })]);
    expect(told(none)).toEqual([]);
  });

  it('refuses to have fewer pieces than are reserved', () => {
    expect(() => item(5, 3).set(2)).toThrow(
      expect.objectContaining({ code: 'inventory.below_reserved', details: { reserved: 3 } }),
    );
  });

  it('never has more reserved than there are, nor less than nothing', () => {
    expect(() => item(5, 3).hold(3)).toThrow('6 of 5');
    expect(() => item(5, 3).letGo(4)).toThrow('-1 of 5');
  });
});
