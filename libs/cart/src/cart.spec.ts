import { describe, expect, it } from '@jest/globals';
import { Cart } from './cart.js';

const id = '0199f3a2-7c1e-7abc-8def-000000000001';
const older = '0199f3a2-7c1e-7abc-8def-0000000000a1';
const newer = '0199f3a2-7c1e-7abc-8def-0000000000b1';
const offer = { title: 'Mug', price: { amount: 1_250, currency: 'EUR' } };
const empty = () => Cart.create(id, 'guest:a');
const held = ({ state }: Cart) => state.lines.map(({ sku, quantity }) => `${quantity} ${sku}`);

describe('Cart', () => {
  it('replaces the quantity of a SKU and keeps the order of first adding', () => {
    const cart = empty();
    cart.put('A', 1, offer);
    cart.put('B', 2, offer);
    cart.put('A', 5, offer);
    expect(held(cart)).toEqual(['5 A', '2 B']);
  });

  it('takes a SKU out at quantity 0, whether it is offered or not', () => {
    const cart = empty();
    cart.put('A', 1, offer);
    cart.put('A', 0, undefined);
    expect(held(cart)).toEqual([]);
  });

  it('refuses what is not offered', () => {
    expect(() => empty().put('A', 1, undefined)).toThrow(expect.objectContaining({ code: 'cart.sku_not_found' }));
  });

  it('holds 200 SKUs and no more, though it still changes those', () => {
    const cart = empty();
    for (let n = 0; n < 200; n++) cart.put(`SKU-${n}`, 1, offer);
    cart.put('SKU-7', 3, offer);
    expect(() => cart.put('SKU-200', 1, offer)).toThrow(expect.objectContaining({ code: 'cart.too_many_lines' }));
    expect(held(cart)[7]).toBe('3 SKU-7');
  });

  it('cannot be changed while it is an order', () => {
    const cart = empty();
    cart.checkOut(older);
    expect(() => cart.put('A', 1, offer)).toThrow(expect.objectContaining({ code: 'cart.not_active' }));
    expect(() => cart.remove('A')).toThrow(expect.objectContaining({ code: 'cart.not_active' }));
  });

  it('opens again when its order comes to nothing', () => {
    const cart = empty();
    cart.checkOut(older);
    cart.reopen(older);
    expect(cart.state).toMatchObject({ status: 'active', orderId: null, lastOrderId: older });
  });

  it('does not open for the end of another order', () => {
    const cart = empty();
    cart.checkOut(newer);
    cart.reopen(older);
    expect(cart.state).toMatchObject({ status: 'checked_out', orderId: newer });
  });

  // Placed and rejected keep their order for one order; the two orders' events mix in every way.
  it.each<[string, ...['checkOut' | 'reopen', string][]]>([
    ['one after the other', ['checkOut', older], ['reopen', older], ['checkOut', newer]],
    ['the newer in between', ['checkOut', older], ['checkOut', newer], ['reopen', older]],
    ['the newer first', ['checkOut', newer], ['checkOut', older], ['reopen', older]],
  ])('belongs to the newer order when its events and a rejected one’s come %s', (_, ...events) => {
    const cart = empty();
    for (const [what, orderId] of events) cart[what](orderId);
    expect(cart.state).toMatchObject({ status: 'checked_out', orderId: newer });
  });

  it('stays open when an old order is heard of after the newer one has ended', () => {
    const cart = empty();
    cart.checkOut(newer);
    cart.reopen(newer);
    cart.checkOut(older);
    expect(cart.state).toMatchObject({ status: 'active', orderId: null });
  });
});
