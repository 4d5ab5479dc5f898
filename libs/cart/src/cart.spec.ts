import { describe, expect, it } from '@jest/globals';
import { HandOverCart } from '#ordering/contracts';
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

  const of = (owner: string, ...skus: [sku: string, quantity: number][]) =>
    Cart.create(
      owner === 'guest:a' ? id : '0199f3a2-7c1e-7abc-8def-000000000002',
      owner,
      skus.map(([sku, quantity]) => ({ sku, quantity, title: 'Mug', unitPrice: offer.price })),
    );

  it('takes in a guest’s cart: the sum of a SKU in both, and the rest behind its own', () => {
    const [members, guests] = [of('user:m', ['A', 1], ['B', 2]), of('guest:a', ['C', 1], ['B', 5])];
    members.takeIn(guests);
    expect(held(members)).toEqual(['1 A', '7 B', '1 C']);
    expect(guests.state).toMatchObject({
      owner: 'user:m',
      status: 'merged',
      lines: [],
      mergedInto: members.state.id,
    });
  });

  it('holds 1,000 of a SKU at most, also when it takes in another', () => {
    const members = of('user:m', ['A', 700]);
    members.takeIn(of('guest:a', ['A', 700]));
    expect(held(members)).toEqual(['1000 A']);
  });

  it('leaves what finds no room among 200 SKUs in the guest’s cart', () => {
    const many = Array.from({ length: 199 }, (_, n): [string, number] => [`SKU-${n}`, 1]);
    const [members, guests] = [of('user:m', ...many), of('guest:a', ['A', 1], ['B', 2], ['SKU-7', 1], ['C', 3])];
    members.takeIn(guests);
    expect(held(members)).toHaveLength(200);
    expect(held(members)).toEqual(expect.arrayContaining(['1 A', '2 SKU-7']));
    expect(held(guests)).toEqual(['2 B', '3 C']);
  });

  it('hands what came in after it was read for an order to the member’s next one', () => {
    const members = of('user:m', ['A', 3], ['B', 1], ['C', 1]);
    const late = members.checkOut(older, [
      { sku: 'A', quantity: 2 },
      { sku: 'B', quantity: 1 },
      { sku: 'GONE', quantity: 9 },
    ]);
    expect(late.map(({ sku, quantity }) => `${quantity} ${sku}`)).toEqual(['1 A', '1 C']);
    expect(held(members)).toEqual(['2 A', '1 B']);
    expect(members.checkOut(older, [])).toEqual([]);
  });

  it('keeps it where the cart is a guest’s, who has no other', () => {
    const guests = of('guest:a', ['A', 3]);
    expect(guests.checkOut(older, [{ sku: 'A', quantity: 1 }])).toEqual([]);
    expect(held(guests)).toEqual(['3 A']);
  });

  it('does not become an order once it is merged', () => {
    const guests = of('guest:a', ['A', 1]);
    of('user:m').takeIn(guests);
    guests.checkOut(older);
    expect(guests.state).toMatchObject({ status: 'merged', orderId: null });
  });

  it('opens again in place of a newer cart that is empty', () => {
    const [members, newer] = [of('user:m', ['A', 1]), of('user:m')];
    members.checkOut(older);
    members.reopen(older, newer);
    expect([members.state.status, newer.state.status]).toEqual(['active', 'abandoned']);
    expect(members.release()).toEqual([]);
  });

  it('asks to go into a newer cart that is not empty', () => {
    const [members, newer] = [of('user:m', ['A', 1]), of('user:m', ['B', 1])];
    members.checkOut(older);
    members.reopen(older, newer);
    expect([members.state.status, newer.state.status]).toEqual(['abandoned', 'active']);
    expect(members.release()).toMatchObject([
      { message: new HandOverCart({ cartId: members.state.id, owner: null }), command: true },
    ]);
  });
});
