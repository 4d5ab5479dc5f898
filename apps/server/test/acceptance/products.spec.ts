import { expect, it } from '@jest/globals';
import type { Test } from 'supertest';
import { until } from '#kernel/testing';
import { newKey, onEveryTopology, refusal } from '../shop.js';

interface Product {
  id: string;
  version: string;
  handle: string;
  status: string;
  variants: { id: string; sku: string; price: { amount: number }; available: boolean }[];
}

const euro = (amount: number) => ({ amount, currency: 'EUR' });
const variant = (sku: string, amount = 1_250, rest: object = {}) => ({ sku, price: euro(amount), ...rest });

onEveryTopology('products', (shop) => {
  const get = (path: string) => shop().http.get(`/api/v1/${path}`);
  const asAdmin = async (request: Test) => request.set(await shop().admin());
  const post = (path: string, body?: object) => asAdmin(shop().http.post(`/api/v1/products${path}`).send(body));
  const patch = (idOrHandle: string, body: object, headers: Record<string, string> = {}) =>
    asAdmin(shop().http.patch(`/api/v1/products/${idOrHandle}`).set(headers).send(body));
  const create = async (body: object): Promise<Product> => {
    const answer = await post('', body);
    expect([answer.status, answer.body.code]).toEqual([201, undefined]);
    return answer.body as Product;
  };
  const sell = async (sku: string, pieces: number, amount = 1_250): Promise<Product> => {
    const { id } = await create({ title: sku, variants: [variant(sku, amount, { inventoryQuantity: pieces })] });
    const { body } = await post(`/${id}/publish`);
    await until(async () => (await get(`stock/${sku}`)).status === 200, `stock of ${sku}`);
    return body as Product;
  };

  it('are drafts when they are made, and sold once they are published', async () => {
    const answer = await post('', {
      title: 'Ridge 40 Backpack',
      category: 'Sporting Goods > Backpacks',
      options: [{ name: 'Colour', values: ['Moss', 'Rust'] }],
      variants: [
        variant('RIDGE-MOSS', 14_990, { options: ['Moss'], inventoryQuantity: 3 }),
        variant('RIDGE-RUST', 14_990, { options: ['Rust'] }),
      ],
      images: [{ src: 'https://images.example.com/ridge.jpg' }],
    });
    const product = answer.body as Product;
    expect([answer.status, answer.headers['location'], answer.headers['etag']]).toEqual([
      201,
      `/api/v1/products/${product.id}`,
      `"${product.version}"`,
    ]);
    expect(product).toMatchObject({
      handle: 'ridge-40-backpack',
      status: 'draft',
      variants: [{ title: 'Moss' }, { title: 'Rust' }],
      images: [{ src: 'https://images.example.com/ridge.jpg', alt: null, position: 1 }],
    });
    expect(refusal(await get(`products/${product.id}`))).toBe('404 catalog.product_not_found');
    const draft = await asAdmin(get(`products/${product.handle}`));
    expect([draft.status, draft.headers['cache-control']]).toEqual([200, 'private, no-store']);

    const published = await post(`/${product.handle}/publish`);
    expect([published.status, published.body.status]).toEqual([200, 'published']);
    const shown = await until(async () => {
      const one = await get(`products/${product.id}`).expect(200);
      return one.body.variants[0].available && one;
    });
    expect(shown.headers['cache-control']).toBe('public, max-age=0, must-revalidate');
    expect(shown.body.variants[1].available).toBe(false);
    expect((await shop().buy({ 'RIDGE-MOSS': 1 }, 'tok_ok')).order).toMatchObject({
      status: 'confirmed',
      lines: [{ title: 'Ridge 40 Backpack / Moss', unitPrice: euro(14_990) }],
    });
  });

  it('are made once, however often the request comes', async () => {
    const body = { title: 'Repeated', variants: [variant('REPEATED')] };
    const key = newKey();
    const answers = await Promise.all(
      [1, 2, 3].map(() => asAdmin(shop().http.post('/api/v1/products').set('idempotency-key', key).send(body))),
    );
    expect(new Set(answers.map(({ status, body: { id } }) => `${status} ${id}`)).size).toBe(1);
    const again = await post('', body);
    expect(refusal(again)).toBe('409 catalog.sku_taken');
    expect(again.body.details).toEqual({ skus: ['REPEATED'] });
    const taken = await post('', { ...body, handle: 'repeated' });
    expect(refusal(taken)).toBe('409 catalog.sku_taken');
    expect(refusal(await post('', { title: 'Other', handle: 'repeated', variants: [variant('OTHER')] }))).toBe(
      '409 catalog.handle_taken',
    );
    expect((await create({ title: 'Repeated', variants: [variant('REPEATED-2')] })).handle).toBe('repeated-2');
  });

  it('of one SKU, wanted by many at once, are made once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => post('', { title: `Wanted ${n}`, variants: [variant('WANTED')] })),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['201', ...Array<string>(7).fill('409')]);
    const named = await Promise.all(
      Array.from({ length: 8 }, (_, n) => create({ title: 'Same name', variants: [variant(`SAME-${n}`)] })),
    );
    expect(new Set(named.map(({ handle }) => handle)).size).toBe(8);
  });

  it('say what does not fit', async () => {
    const wrong = await post('', {
      title: 'Shirt',
      options: [{ name: 'Size', values: ['S'] }],
      variants: [variant('SHIRT-S', 1, { options: ['S'] }), variant('SHIRT-XL', 1, { options: ['XL'] })],
    });
    expect(refusal(wrong)).toBe('422 catalog.options_inconsistent');
    expect(wrong.body.details.problems).toEqual([
      { pointer: '/variants/1/options/0', message: '"XL" is no value of the option "Size"' },
    ]);
    expect(refusal(await post('', { title: 'Shirt', variants: [] }))).toBe('422 kernel.invalid_input /variants');
    expect(refusal(await post('', { title: 'Shirt', variants: [variant('S'), variant('S')] }))).toBe(
      '422 catalog.options_inconsistent',
    );
  });

  it('are changed by those who may, and by nobody else', async () => {
    const { id } = await create({ title: 'Guarded', variants: [variant('GUARDED')] });
    for (const request of [
      shop()
        .http.post('/api/v1/products')
        .send({ title: 'X', variants: [variant('X')] }),
      shop().http.patch(`/api/v1/products/${id}`).send({ title: 'X' }),
      shop().http.post(`/api/v1/products/${id}/publish`),
      shop().http.post(`/api/v1/products/${id}/archive`),
      get('products?status=draft'),
    ])
      expect(refusal(await request)).toBe('401 kernel.unauthenticated');
    const drafts = await asAdmin(get('products?status=draft&limit=100'));
    expect(drafts.headers['cache-control']).toBe('private, no-store');
    expect(drafts.body.items.map((product: Product) => product.id)).toContain(id);
    for (const path of ['nothing/publish', 'nothing/archive'])
      expect(refusal(await post(`/${path}`))).toBe('404 catalog.product_not_found');
    expect(refusal(await patch('nothing', {}))).toBe('404 catalog.product_not_found');
  });

  it('are patched: what is missing stays, null empties, a variant keeps its id by its SKU', async () => {
    const before = await create({
      title: 'Patched',
      vendor: 'Northward',
      tags: ['a'],
      variants: [variant('PATCHED', 1_000, { grams: 40 })],
    });
    const answer = await asAdmin(
      shop()
        .http.patch(`/api/v1/products/${before.id}`)
        .type('application/merge-patch+json')
        .send(JSON.stringify({ vendor: null, variants: [variant('PATCHED', 900)] })),
    );
    expect(answer.headers['etag']).toBe(`"${answer.body.version}"`);
    expect(answer.body).toMatchObject({
      title: 'Patched',
      vendor: null,
      tags: ['a'],
      variants: [{ id: before.variants[0]!.id, price: euro(900), grams: null }],
    });
    expect(refusal(await patch(before.id, { title: null }))).toBe('422 kernel.invalid_input /title');
    expect(refusal(await patch(before.id, { variants: null }))).toBe('422 kernel.invalid_input /variants');
  });

  it('have an ETag that changes with all that is shown, and are sent to nobody twice', async () => {
    const { id } = await sell('TAGGED', 1);
    await until(async () => (await get(`products/${id}`)).body.variants[0].available as boolean);
    const first = await get(`products/${id}`).expect(200);
    const etag = first.headers['etag']!;
    const same = await get(`products/${id}`).set('if-none-match', etag).expect(304);
    expect([same.text, same.headers['etag']]).toEqual(['', etag]);
    await get('products/tagged').set('if-none-match', `"x", W/${etag}`).expect(304);
    await get(`products/${id}`).set('if-none-match', '"x"').expect(200);
    await shop().buy({ TAGGED: 1 }, 'tok_ok');
    const second = await until(async () => {
      const one = await get(`products/${id}`).set('if-none-match', etag);
      return one.status === 200 && one;
    });
    expect(second.body.variants[0].available).toBe(false);
    const { body } = await patch(id, { title: 'Tagged anew' }, { 'if-match': second.headers['etag']! });
    expect(body.title).toBe('Tagged anew');
    await get(`products/${id}`).set('if-none-match', second.headers['etag']!).expect(200);
  });

  it('are changed by one of several who read the same version', async () => {
    const { id, version } = await create({ title: 'Raced', variants: [variant('RACED')] });
    const etag = `"${version}"`;
    const raced = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => patch(id, { title: `Raced ${n}` }, { 'if-match': etag })),
    );
    expect(raced.map(({ status }) => String(status)).toSorted()).toEqual(['200', '412', '412', '412', '412']);
    expect(refusal(await patch(id, { title: 'Late' }, { 'if-match': etag }))).toBe('412 catalog.product_changed');
    expect(refusal(await patch(id, { title: 'Weak' }, { 'if-match': `W/${etag}` }))).toBe(
      '412 catalog.product_changed',
    );
    expect(refusal(await patch(id, { title: 'None' }, { 'if-match': 'nonsense' }))).toBe('400 http.bad_request');
    expect((await patch(id, { title: 'Any' }, { 'if-match': '*' })).body.title).toBe('Any');
    expect((await patch(id, { title: 'Whatever' })).body.title).toBe('Whatever');
  });

  it('that are archived are gone from the shop, until they are published again', async () => {
    const { id } = await sell('SEASONAL', 5);
    const cart = await shop().cartWith({ SEASONAL: 1 });
    for (const time of [1, 2]) expect([time, (await post(`/${id}/archive`)).body.status]).toEqual([time, 'archived']);
    expect(refusal(await get(`products/${id}`))).toBe('404 catalog.product_not_found');
    const refused = await shop().checkout(cart, 'tok_ok');
    expect(refusal(refused)).toBe('409 ordering.product_unavailable');
    expect(refused.body.details).toEqual({ skus: ['SEASONAL'] });
    for (const time of [1, 2]) expect([time, (await post(`/${id}/publish`)).body.status]).toEqual([time, 'published']);
    const { body } = await shop().checkout(cart, 'tok_ok').expect(202);
    expect(await shop().order(body.orderId, cart, 20)).toMatchObject({ status: 'confirmed' });
  });

  it('are found by their words, and by their category with all below it', async () => {
    await create({ title: 'Quinoa mix', category: 'Larder > Snacks', variants: [variant('QUINOA-MIX')] });
    await post('/quinoa-mix/publish');
    await create({ title: 'Gaiters', tags: ['quinoa'], category: 'Larders', variants: [variant('GAITERS')] });
    await post('/gaiters/publish');
    const handles = async (query: string) =>
      ((await get(`products?${query}`).expect(200)).body.items as Product[]).map(({ handle }) => handle);
    expect(await handles('query=QUINO')).toEqual(['quinoa-mix', 'gaiters']);
    expect(await handles('query=quinoa&category=Larder')).toEqual(['quinoa-mix']);
    expect(await handles('category=Larder')).toEqual(['quinoa-mix']);
    expect((await get('products').expect(200)).headers['cache-control']).toBe('public, max-age=5');
    const { body } = await get('products?query=quinoa&limit=1').expect(200);
    expect(await handles(`query=quinoa&limit=1&cursor=${body.nextCursor}`)).toEqual(['gaiters']);
    expect(refusal(await get(`products?query=quinoas&limit=1&cursor=${body.nextCursor}`))).toBe(
      '422 catalog.cursor_invalid',
    );
    expect(refusal(await get(`products?limit=1&cursor=${body.nextCursor}`))).toBe('422 catalog.cursor_invalid');
    const { items } = (await get('categories').expect(200)).body as { items: { name: string; products: number }[] };
    expect(items.filter(({ name }) => name.startsWith('Larder'))).toEqual([
      { name: 'Larder', products: 1 },
      { name: 'Larder > Snacks', products: 1 },
      { name: 'Larders', products: 1 },
    ]);
  });

  it('are never sold at a price that was not theirs while they were being bought, nor after they were archived', async () => {
    const [repriced, archived] = [await sell('RUSH-A', 200, 1_000), await sell('RUSH-B', 200, 5_000)];
    /** Prices from when they were asked for until the next one was answered for sure. */
    const prices = [{ amount: 1_000, from: 0, to: Infinity }];
    const late = await shop().cartWith({ 'RUSH-A': 1, 'RUSH-B': 1 });
    const carts = await Promise.all(
      Array.from({ length: 24 }, async (_, n) => {
        const both = n % 2 === 0;
        return { cart: await shop().cartWith({ 'RUSH-A': 1, ...(both ? { 'RUSH-B': 1 } : {}) }), both };
      }),
    );
    const buy = async ({ cart, both }: (typeof carts)[number]) => {
      const from = performance.now();
      const answer = await shop().checkout(cart, 'tok_ok');
      return { cart, from, to: performance.now(), both, answer };
    };
    const buyers = [0, 6, 12, 18].map(async (first) => {
      const bought = [];
      for (const cart of carts.slice(first, first + 6)) bought.push(await buy(cart));
      return bought;
    });
    for (let amount = 1_001; amount <= 1_012; amount++) {
      const from = performance.now();
      const { status } = await patch(repriced.id, { variants: [variant('RUSH-A', amount)] });
      expect(status).toBe(200);
      prices.at(-1)!.to = performance.now();
      prices.push({ amount, from, to: Infinity });
      if (amount === 1_006) await post(`/${archived.id}/archive`);
    }
    expect(refusal(await shop().checkout(late, 'tok_ok'))).toBe('409 ordering.product_unavailable');
    const bought = (await Promise.all(buyers)).flat();
    const refused = bought.filter(({ answer }) => answer.status !== 202);
    expect(refused.map(({ both, answer }) => [both, refusal(answer), answer.body.details])).toEqual(
      refused.map(() => [true, '409 ordering.product_unavailable', { skus: ['RUSH-B'] }]),
    );
    const placed = bought.filter(({ answer }) => answer.status === 202);
    for (const { cart, from, to, both, answer } of placed) {
      const { lines, total } = await shop().order(answer.body.orderId, cart);
      const valid = prices.filter((price) => price.from < to && price.to > from).map(({ amount }) => amount);
      expect(valid).toContain(lines[0]!.unitPrice.amount);
      expect(total.amount).toBe(lines[0]!.unitPrice.amount + (both ? 5_000 : 0));
    }
  }, 60_000);
});
