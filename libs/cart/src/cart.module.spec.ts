import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GetOffers } from '#catalog/contracts';
import { anonymous, type Principal, sql } from '#kernel';
import { answers, testContext, type TestedContext } from '#kernel/testing';
import { OrderExpired, OrderPlaced, OrderRejected } from '#ordering/contracts';
import { CartModule } from './cart.module.js';
import { type Cart, CreateCart, GetCart, GetCartForCheckout, RemoveCartItem, SetCartItem } from './contracts/index.js';

const uuid = (n: number) => `0199f3a2-7c1e-7abc-8def-${String(n).padStart(12, '0')}`;
const guest = (token: string): Principal => ({
  ...anonymous,
  owners: [`guest:${createHash('sha256').update(token).digest('hex')}`],
});
const anna: Principal = { kind: 'user', id: uuid(7), permissions: [], owners: [`user:${uuid(7)}`] };

let cart: TestedContext;
let prices: Record<string, number>;
let questions: string[][];

beforeAll(async () => {
  cart = await testContext('cart', CartModule, {
    stubs: [
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
});

/** A new cart and its buyer. */
async function newCart(as: Principal = anonymous) {
  const { id, token } = await cart.execute<{ id: string; token: string }>(new CreateCart({}), { principal: as });
  const principal = as.kind === 'user' ? as : guest(token);
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

  it('belongs to the user who made it, and to no holder of its token', async () => {
    const { token, get } = await newCart(anna);
    expect((await get()).status).toBe('active');
    await expect(get(guest(token))).rejects.toMatchObject({ code: 'cart.not_found' });
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
