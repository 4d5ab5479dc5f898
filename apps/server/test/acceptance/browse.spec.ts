import { expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { onEveryTopology, refusal, type Shop } from '../shop.js';

interface Page {
  items: { id: string; handle: string }[];
  nextCursor: string | null;
}

const file = (...rows: [handle: string, published?: boolean, pieces?: number][]) =>
  [
    'Handle,Title,Product Category,Published,Variant SKU,Variant Inventory Qty,Variant Price',
    ...rows.map(
      ([handle, published = true, pieces = 5]) =>
        `${handle},${handle} title,Walks,${published},${handle.toUpperCase()},${pieces},12.50`,
    ),
    '',
  ].join('\n');

/** Pages of all that stands in one category, from the newest product to the oldest; `meanwhile` happens after each. */
async function walk(
  shop: Shop,
  limit: number,
  meanwhile = async (_page: number): Promise<unknown> => undefined,
): Promise<Page[]> {
  const pages: Page[] = [];
  for (let cursor: string | null | undefined; cursor !== null; cursor = pages.at(-1)!.nextCursor) {
    pages.push(
      (
        await shop.http
          .get('/api/v1/products')
          .query({ category: 'Walks', limit, ...(cursor ? { cursor } : {}) })
          .expect(200)
      ).body as Page,
    );
    await meanwhile(pages.length);
  }
  return pages;
}

onEveryTopology('browsing', (shop) => {
  const get = (path: string) => shop().http.get(`/api/v1/${path}`);

  it('shows an empty shelf', async () => {
    expect((await get('products?category=Nothing').expect(200)).body).toEqual({ items: [], nextCursor: null });
  });

  it('walks the products by pages, newest first, each once, while others are added', async () => {
    const handles = Array.from({ length: 25 }, (_, index) => `walk-${index}`);
    await shop().import(file(...handles.map((handle): [string] => [handle])));
    const pages = await walk(shop(), 10, (page) => shop().import(file([`meanwhile-${page}`])));
    expect(pages.map(({ items }) => items.length)).toEqual([10, 10, 5]);
    expect(pages.flatMap(({ items }) => items.map(({ handle }) => handle)).toSorted()).toEqual(handles.toSorted());
    const [newest] = (await get('products?category=Walks&limit=1').expect(200)).body.items;
    expect(newest.handle).toBe('meanwhile-3');
    expect((await get('products?category=Walks').expect(200)).body.items).toHaveLength(20);
    expect((await walk(shop(), 14)).map(({ items }) => items.length)).toEqual([14, 14]);
  });

  it.each([
    ['limit=0', '422 kernel.invalid_input /query/limit'],
    ['limit=101', '422 kernel.invalid_input /query/limit'],
    ['limit=-1', '422 kernel.invalid_input /query/limit'],
    ['limit=2.5', '422 kernel.invalid_input /query/limit'],
    ['limit=abc', '422 kernel.invalid_input /query/limit'],
    ['limit=', '422 kernel.invalid_input /query/limit'],
    ['limit=1&limit=2', '422 kernel.invalid_input /query/limit'],
    ['cursor=nonsense', '422 catalog.cursor_invalid'],
    ['cursor=', '422 catalog.cursor_invalid'],
    ['cursor=AAAAAAAAAAAAAAAAAAAAAB', '422 catalog.cursor_invalid'],
    [`cursor=${'A'.repeat(201)}`, '422 kernel.invalid_input /query/cursor'],
    ['cursor=%00', '422 kernel.invalid_input /query/cursor'],
  ])('refuses the page ?%s', async (query, expected) => {
    expect(refusal(await get(`products?${query}`))).toBe(expected);
  });

  it('shows a product by its id and by its handle, and drafts to the admin alone', async () => {
    await shop().import(file(['shown'], ['draft', false]));
    const byHandle = await until(async () => {
      const { body } = await get('products/shown').expect(200);
      return body.variants[0].available && body; // which follows the stock within moments
    });
    expect((await get(`products/${byHandle.id}`).expect(200)).body).toEqual(byHandle);
    expect(byHandle).toMatchObject({
      title: 'shown title',
      status: 'published',
      variants: [{ sku: 'SHOWN', price: { amount: 1_250, currency: 'EUR' } }],
    });
    const draft = (
      await get('products/draft')
        .set(await shop().admin())
        .expect(200)
    ).body;
    expect(draft.status).toBe('draft');
    for (const path of ['draft', draft.id, 'nothing', '0199f3a2-7c1e-7abc-8def-0123456789ab'])
      expect(refusal(await get(`products/${path}`))).toBe('404 catalog.product_not_found');
    expect((await get('products?limit=100').expect(200)).body.items).not.toContainEqual(
      expect.objectContaining({ handle: 'draft' }),
    );
    await shop().import(file(['draft']));
    expect((await get('products/draft').expect(200)).body.id).toBe(draft.id);
    await shop().import(file(['draft', false]));
    expect(refusal(await get('products/draft'))).toBe('404 catalog.product_not_found');
  });

  it('tells within moments that the last piece went, and that there is one again', async () => {
    const available = async () => (await get('products/scarce').expect(200)).body.variants[0].available as boolean;
    await shop().import(file(['scarce', true, 2]));
    await until(available);
    const { order } = await shop().buy({ SCARCE: 2 }, 'tok_ok');
    expect(order.status).toBe('confirmed');
    await until(async () => !(await available()));
    await shop()
      .http.put('/api/v1/stock/SCARCE')
      .set(await shop().admin())
      .send({ onHand: 1 })
      .expect(200);
    await until(available);
    await shop()
      .http.put('/api/v1/stock/SCARCE')
      .set(await shop().admin())
      .send({ onHand: 0 })
      .expect(200);
    await until(async () => !(await available()));
  });

  it('lets the admin set the stock, not below what is reserved', async () => {
    const set = async (onHand: number, headers?: Record<string, string>) =>
      shop()
        .http.put('/api/v1/stock/COUNTED')
        .set(headers ?? (await shop().admin()))
        .send({ onHand });
    await shop().import(file(['counted']));
    await until(async () => (await get('stock/COUNTED')).status === 200);
    expect((await shop().buy({ COUNTED: 3 }, 'tok_requires_action')).order.status).toBe('stock_reserved');
    expect(refusal(await set(9, {}))).toBe('401 kernel.unauthenticated');
    const below = await set(2);
    expect(refusal(below)).toBe('409 inventory.below_reserved');
    expect(below.body.details).toEqual({ reserved: 3 });
    expect((await set(3)).body).toEqual({ sku: 'COUNTED', onHand: 3, reserved: 3, available: 0 });
    expect((await get('stock/COUNTED').expect(200)).body).toEqual({
      sku: 'COUNTED',
      onHand: 3,
      reserved: 3,
      available: 0,
    });
  });

  it('knows no stock of what it has not heard of, until the admin sets it', async () => {
    const sku = `stock/${encodeURIComponent('Ünheard of/100%')}`;
    expect(refusal(await get(sku))).toBe('404 inventory.sku_not_found');
    await shop()
      .http.put(`/api/v1/${sku}`)
      .set(await shop().admin())
      .send({ onHand: 4 })
      .expect(200);
    expect((await get(sku).expect(200)).body).toEqual({ sku: 'Ünheard of/100%', onHand: 4, reserved: 0, available: 4 });
  });
});
