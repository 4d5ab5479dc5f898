import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GetCurrency, GetOffers } from '#catalog/contracts';
import { anonymous, type Principal, sql } from '#kernel/core';
import { answers, testContext, type TestedContext } from '#kernel/testing';
import { HandOverCart, OrderExpired, OrderPlaced, OrderRejected } from '#ordering/contracts';
import { CartModule } from './cart.module.js';
import {
  type Cart,
  ClaimCart,
  CreateCart,
  GetCart,
  GetCartForCheckout,
  RemoveCartItem,
  SetCartItem,
  TakeOverCart,
} from './contracts/index.js';

const uuid = (n: number) => `0199f3a2-7c1e-7abc-8def-${String(n).padStart(12, '0')}`;
const guest = (token: string): Principal => ({
  ...anonymous,
  owners: [`guest:${createHash('sha256').update(token).digest('hex')}`],
});
const user = (n: number): Principal => ({ kind: 'user', id: uuid(n), permissions: [], owners: [`user:${uuid(n)}`] });
const anna = user(7);
/** With both headers. */
const both = (member: Principal, { token }: { token?: string | undefined }): Principal => ({
  ...member,
  owners: [...member.owners, ...guest(token!).owners],
});

let cart: TestedContext;
let prices: Record<string, number>;
let questions: string[][];
/** What ordering says to a cart's being handed over. */
let decide: (asked: HandOverCart) => { orderId: string | null; owner: string | null };

beforeAll(async () => {
  cart = await testContext('cart', CartModule, {
    stubs: [
      answers(HandOverCart, (asked) => decide(asked)),
      answers(GetCurrency, () => ({ currency: 'EUR' })),
      answers(GetOffers, ({ skus }) => {
        questions.push([...skus]);
        const offers = skus.flatMap((sku) => {
          const amount = sku.startsWith('MANY-') ? 100 : prices[sku];
          return amount === undefined
            ? []
            : [
                {
                  sku,
                  productId: uuid(1),
                  variantId: uuid(2),
                  title: `The ${sku}`,
                  price: { amount, currency: 'EUR' },
                },
              ];
        });
        return { offers };
      }),
    ],
  });
});
afterAll(() => cart.close());
beforeEach(() => {
  prices = { MUG: 1_250, POT: 4_000 };
  questions = [];
  decide = ({ owner }) => ({ orderId: null, owner });
});

/** A new cart and its buyer. */
async function newCart(as: Principal = anonymous) {
  const { id, token } = await cart.execute<{ id: string; token?: string }>(new CreateCart({}), { principal: as });
  const principal = token === undefined ? as : guest(token);
  return {
    id,
    token,
    get: (by = principal) => cart.execute<Cart>(new GetCart({ id }), { principal: by }),
    put: (sku: string, quantity: number, by = principal) =>
      cart.execute<Cart>(new SetCartItem({ cartId: id, sku, quantity }), { principal: by }),
    remove: (sku: string) => cart.execute<Cart>(new RemoveCartItem({ cartId: id, sku }), { principal }),
  };
}

describe('A cart', () => {
  it('belongs to the guest who holds its token, which is stored nowhere', async () => {
    const { id, token, get } = await newCart();
    expect(await get()).toEqual({
      id,
      status: 'active',
      lines: [],
      total: { amount: 0, currency: 'EUR' },
      currency: 'EUR',
      orderId: null,
    });
    const [row] = await cart.database.query(sql`select cart::text as everything from cart where id = ${id}`);
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it('of a member is the one that is active, and has no token', async () => {
    const { id, token, get, put } = await newCart(user(20));
    expect(token).toBeUndefined();
    await put('MUG', 1);
    expect((await newCart(user(20))).id).toBe(id);
    expect((await newCart(user(21))).id).not.toBe(id);
    await expect(get(user(21))).rejects.toMatchObject({ code: 'cart.not_found' });
    await cart.hear(new OrderPlaced({ orderId: uuid(120), cartId: id, number: '1' }));
    const next = await newCart(user(20));
    expect(next.id).not.toBe(id);
    expect((await next.get()).lines).toEqual([]);
  });

  it('of a member is one, however many requests ask for the first at once', async () => {
    const carts = await Promise.all(Array.from({ length: 20 }, () => newCart(user(22))));
    expect(new Set(carts.map(({ id }) => id)).size).toBe(1);
  });

  it('answers a stranger as if it were not there, for reading and for writing', async () => {
    const { get, put } = await newCart();
    const unknown = cart.execute(new GetCart({ id: uuid(404) }), { principal: anna });
    const strange = await get(anna).catch((error: object) => ({ ...error }));
    await expect(unknown).rejects.toMatchObject(strange);
    await expect(put('MUG', 1, anna)).rejects.toMatchObject({ code: 'cart.not_found' });
    expect(questions).toEqual([]);
  });

  it('is priced anew at every look, with one question to catalog', async () => {
    const { put, get } = await newCart();
    await put('MUG', 2);
    await put('POT', 1);
    prices['MUG'] = 1_000;
    questions = [];
    expect(await get()).toMatchObject({
      lines: [{ sku: 'MUG', lineTotal: { amount: 2_000 } }, { sku: 'POT' }],
      total: { amount: 6_000 },
    });
    expect(questions).toEqual([['MUG', 'POT']]);
  });

  it('keeps a line that cannot be bought any more, without counting it, until it is taken out', async () => {
    const { put, get, remove } = await newCart();
    await put('MUG', 2);
    await put('POT', 1);
    delete prices['MUG'];
    expect((await get()).lines[0]).toEqual({
      sku: 'MUG',
      quantity: 2,
      title: 'The MUG',
      unitPrice: { amount: 1_250, currency: 'EUR' },
      lineTotal: { amount: 0, currency: 'EUR' },
      available: false,
    });
    expect((await remove('MUG')).lines.map(({ sku }) => sku)).toEqual(['POT']);
  });

  it('refuses a SKU that nobody sells and stays as it was', async () => {
    const { put, get } = await newCart();
    await expect(put('GHOST', 1)).rejects.toMatchObject({ code: 'cart.sku_not_found', status: 404 });
    expect((await get()).lines).toEqual([]);
  });

  it('refuses a total that could not be told exactly and stays as it was', async () => {
    prices['YACHT'] = Number.MAX_SAFE_INTEGER;
    const { put, get } = await newCart();
    await expect(put('YACHT', 2)).rejects.toMatchObject({ code: 'cart.total_too_large' });
    expect((await get()).lines).toEqual([]);
  });

  it('loses none of 50 SKUs that are put in at once', async () => {
    const { put, get } = await newCart();
    const skus = Array.from({ length: 50 }, (_, n) => `MANY-${n}`);
    await Promise.all(skus.map((sku) => put(sku, 1)));
    const { lines, total } = await get();
    expect(lines.map(({ sku }) => sku).toSorted()).toEqual(skus.toSorted());
    expect(total.amount).toBe(5_000);
  });

  it('tells checkout whose it is and what is in it', async () => {
    const { id, put } = await newCart(anna);
    await put('MUG', 2);
    expect(await cart.execute(new GetCartForCheckout({ id }))).toEqual({
      owner: `user:${uuid(7)}`,
      status: 'active',
      lines: [{ sku: 'MUG', quantity: 2 }],
    });
    await expect(cart.execute(new GetCartForCheckout({ id }), { principal: anna })).rejects.toMatchObject({
      code: 'kernel.forbidden',
    });
  });
});

describe('An order', () => {
  it('closes its cart', async () => {
    const { id: cartId, get, put, remove } = await newCart();
    await put('MUG', 2);
    await cart.hear(new OrderPlaced({ orderId: uuid(100), cartId, number: '1' }));
    expect(await get()).toMatchObject({ status: 'checked_out', orderId: uuid(100), lines: [{ sku: 'MUG' }] });
    await expect(put('MUG', 3)).rejects.toMatchObject({ code: 'cart.not_active' });
    await expect(remove('MUG')).rejects.toMatchObject({ code: 'cart.not_active' });
  });

  it.each([
    ['rejected', (orderId: string, cartId: string) => new OrderRejected({ orderId, cartId, reason: 'out_of_stock' })],
    ['expired', (orderId: string, cartId: string) => new OrderExpired({ orderId, cartId })],
  ])('opens its cart again when it is %s, but not a younger order’s', async (_, ends) => {
    const { id: cartId, get, put } = await newCart();
    await cart.hear(new OrderPlaced({ orderId: uuid(101), cartId, number: '1' }));
    await cart.hear(ends(uuid(101), cartId));
    expect(await get()).toMatchObject({ status: 'active', orderId: null });
    await put('MUG', 1);
    await cart.hear(new OrderPlaced({ orderId: uuid(102), cartId, number: '2' }));
    await cart.hear(ends(uuid(101), cartId));
    await cart.hear(new OrderPlaced({ orderId: uuid(101), cartId, number: '1' }));
    expect(await get()).toMatchObject({ status: 'checked_out', orderId: uuid(102) });
  });
});

describe('A claim', () => {
  const claim = (cartId: string, principal: Principal) =>
    cart.execute<Cart & { noRoom: unknown[] }>(new ClaimCart({ cartId }), { principal });
  const content = ({ lines }: Cart) => lines.map(({ sku, quantity }) => `${quantity} ${sku}`);

  it('makes a guest’s cart that of a member who has none, and the token opens it no more', async () => {
    const guests = await newCart();
    await guests.put('MUG', 2);
    expect(await claim(guests.id, both(user(30), guests))).toMatchObject({
      id: guests.id,
      status: 'active',
      lines: [{ sku: 'MUG', quantity: 2, unitPrice: { amount: 1_250 } }],
      noRoom: [],
    });
    await expect(guests.get()).rejects.toMatchObject({ code: 'cart.not_found' });
    expect((await newCart(user(30))).id).toBe(guests.id);
    expect(content(await claim(guests.id, both(user(30), guests)))).toEqual(['2 MUG']);
  });

  it('brings a guest’s cart into the member’s, once however often it is repeated', async () => {
    const [members, guests] = [await newCart(user(31)), await newCart()];
    await members.put('MUG', 2);
    await guests.put('MUG', 3);
    await guests.put('POT', 1);
    const principal = both(user(31), guests);
    const answered = await Promise.all([1, 2, 3].map(() => claim(guests.id, principal)));
    await cart.hear(new TakeOverCart({ cartId: guests.id, owner: `user:${uuid(31)}` }));
    for (const view of [...answered, await claim(guests.id, principal), await members.get()]) {
      expect(view.id).toBe(members.id);
      expect(content(view)).toEqual(['5 MUG', '1 POT']);
    }
    expect(await guests.get(user(31))).toMatchObject({ status: 'merged', lines: [] });
    await expect(guests.get()).rejects.toMatchObject({ code: 'cart.not_found' });
    await expect(guests.put('MUG', 1, user(31))).rejects.toMatchObject({ code: 'cart.not_active' });
  });

  it('loses nothing of two guests’ carts that are claimed at once', async () => {
    const [one, other] = [await newCart(), await newCart()];
    await one.put('MUG', 1);
    await other.put('POT', 1);
    await Promise.all([one, other].map((guests) => claim(guests.id, both(user(32), guests))));
    expect(content(await (await newCart(user(32))).get()).toSorted()).toEqual(['1 MUG', '1 POT']);
  });

  it('names what found no room, which stays where it was', async () => {
    const [members, guests] = [await newCart(user(33)), await newCart()];
    const lines = Array.from({ length: 200 }, (_, n) => ({
      sku: `MANY-${n}`,
      quantity: 1,
      title: 'One of many',
      unitPrice: { amount: 100, currency: 'EUR' },
    }));
    await cart.database.query(sql`update cart set lines = ${JSON.stringify(lines)} where id = ${members.id}`);
    await guests.put('MUG', 4);
    const answer = await claim(guests.id, both(user(33), guests));
    expect(answer.lines).toHaveLength(200);
    expect(answer.noRoom).toEqual([{ sku: 'MUG', quantity: 4 }]);
    expect(content(await guests.get(user(33)))).toEqual(['4 MUG']);
  });

  it('is refused where the cart is an order, whether cart or ordering knows it', async () => {
    const [members, guests] = [await newCart(user(34)), await newCart()];
    await guests.put('MUG', 1);
    decide = () => ({ orderId: uuid(134), owner: null });
    const refused = { code: 'ordering.cart_has_order', status: 409, details: { orderId: uuid(134) } };
    await expect(claim(guests.id, both(user(34), guests))).rejects.toMatchObject(refused);
    await cart.hear(new OrderPlaced({ orderId: uuid(134), cartId: guests.id, number: '1' }));
    decide = () => {
      throw new Error('nobody needs to ask');
    };
    await expect(claim(guests.id, both(user(34), guests))).rejects.toMatchObject(refused);
    expect((await members.get()).lines).toEqual([]);
    expect(content(await guests.get())).toEqual(['1 MUG']);
  });

  it('finds no cart of anybody else, and is nothing for guests', async () => {
    const [guests, other] = [await newCart(), await newCart(user(36))];
    const notFound = { code: 'cart.not_found', status: 404 };
    await expect(claim(guests.id, user(35))).rejects.toMatchObject(notFound);
    await expect(claim(other.id, both(user(35), guests))).rejects.toMatchObject(notFound);
    await expect(claim(uuid(404), user(35))).rejects.toMatchObject(notFound);
    decide = () => ({ orderId: null, owner: `user:${uuid(36)}` });
    await expect(claim(guests.id, both(user(35), guests))).rejects.toMatchObject(notFound);
    await expect(claim(guests.id, guest(guests.token!))).rejects.toMatchObject({ code: 'kernel.unauthenticated' });
  });

  it('is finished by ordering’s word where it broke off', async () => {
    const [members, guests] = [await newCart(user(37)), await newCart()];
    await guests.put('POT', 1);
    await cart.hear(new TakeOverCart({ cartId: guests.id, owner: `user:${uuid(37)}` }));
    expect(content(await members.get())).toEqual(['1 POT']);
  });
});

describe('A member’s cart', () => {
  const content = ({ lines }: Cart) => lines.map(({ sku, quantity }) => `${quantity} ${sku}`);

  it('that becomes an order leaves what came in too late in the next one', async () => {
    const members = await newCart(user(40));
    await members.put('MUG', 3);
    await members.put('POT', 1);
    const lines = [{ sku: 'MUG', quantity: 2 }];
    await cart.hear(new OrderPlaced({ orderId: uuid(140), cartId: members.id, number: '1', lines }));
    expect(content(await members.get())).toEqual(['2 MUG']);
    const next = await newCart(user(40));
    expect(next.id).not.toBe(members.id);
    expect(content(await next.get())).toEqual(['1 MUG', '1 POT']);
  });

  it('opens again, in place of a newer one that is empty', async () => {
    const members = await newCart(user(41));
    await members.put('MUG', 3);
    await cart.hear(new OrderPlaced({ orderId: uuid(141), cartId: members.id, number: '1' }));
    const newer = await newCart(user(41));
    await cart.hear(new OrderExpired({ orderId: uuid(141), cartId: members.id }));
    expect(await members.get()).toMatchObject({ status: 'active', lines: [{ sku: 'MUG' }] });
    expect((await newer.get()).status).toBe('abandoned');
    expect((await newCart(user(41))).id).toBe(members.id);
    const principal = user(41);
    await expect(cart.execute(new ClaimCart({ cartId: newer.id }), { principal })).rejects.toMatchObject({
      code: 'cart.not_active',
    });
  });

  it('goes into a newer one that is not, once ordering lets nobody order it', async () => {
    const members = await newCart(user(42));
    await members.put('MUG', 3);
    await cart.hear(new OrderPlaced({ orderId: uuid(142), cartId: members.id, number: '1' }));
    const newer = await newCart(user(42));
    await newer.put('POT', 1);
    await cart.hear(new OrderRejected({ orderId: uuid(142), cartId: members.id, reason: 'card_declined' }));
    expect((await members.get()).status).toBe('abandoned');
    expect(await cart.said()).toContainEqual({
      name: HandOverCart.messageName,
      payload: { cartId: members.id, owner: null },
    });
    for (const time of [1, 2]) {
      await cart.hear(new TakeOverCart({ cartId: members.id, owner: null }));
      expect([time, content(await newer.get())]).toEqual([time, ['1 POT', '3 MUG']]);
    }
    expect((await members.get()).status).toBe('merged');
  });
});
