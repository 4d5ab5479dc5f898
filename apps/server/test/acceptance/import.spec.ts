import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request as connect, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { onEveryTopology, refusal } from '../shop.js';

const header =
  'Handle,Title,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Image Src';
const file = (...rows: string[]) => [header, ...rows, ''].join('\n');
const product = (handle: string, { sku = handle.toUpperCase(), pieces = '5', price = '9.50' } = {}) =>
  `${handle},The ${handle},true,Title,Default Title,${sku},${pieces},${price},`;
const many = (prefix: string, count: number) =>
  file(...Array.from({ length: count }, (_, index) => product(`${prefix}-${index}`)));

onEveryTopology('the import of products', (shop) => {
  const get = async (handle: string) => (await shop().http.get(`/api/v1/products/${handle}`).expect(200)).body;
  const stockOf = (sku: string) =>
    until(async () => (await shop().http.get(`/api/v1/stock/${sku}`).expect(200)).body, `stock of ${sku}`);
  const send = async (csv: string | Buffer, headers: Record<string, string> = {}) =>
    shop()
      .http.post('/api/v1/products/import')
      .set({ ...(await shop().admin()), 'content-type': 'text/csv', ...headers })
      .send(csv);

  it('creates what is new, leaves what is the same, and updates what has another price', async () => {
    const rows = [product('tee'), product('cap')];
    expect(await shop().import(file(...rows))).toEqual({
      created: 2,
      updated: 0,
      unchanged: 0,
      rejected: [],
      rejectedCount: 0,
    });
    const before = await get('tee');
    expect(before.variants).toMatchObject([
      { sku: 'TEE', title: 'Default', options: [], price: { amount: 950, currency: 'EUR' } },
    ]);
    expect(await shop().import(file(...rows))).toMatchObject({ created: 0, updated: 0, unchanged: 2 });
    expect((await get('tee')).updatedAt).toBe(before.updatedAt);
    expect(await shop().import(file(product('tee', { price: '10' }), product('cap')))).toMatchObject({
      created: 0,
      updated: 1,
      unchanged: 1,
    });
    const after = await get('tee');
    expect(after).toMatchObject({
      id: before.id,
      createdAt: before.createdAt,
      variants: [{ id: before.variants[0].id, price: { amount: 1_000 } }],
    });
  });

  it('takes the good products and names each bad row by its line', async () => {
    const report = await shop().import(
      file(
        product('good-1'),
        product('dear', { price: 'dear' }),
        'untitled,,true,Title,Default Title,U-1,1,1.00,',
        'half,Half,true,Size,S,H-S,1,1.00,',
        'half,,,,M,H-M,some,1.00,',
        product('thief', { sku: 'GOOD-1' }),
        'Not A Handle!,x,true,Title,Default Title,N-1,1,1.00,',
        product('good-2'),
        product('good-1', { sku: 'OTHER' }),
      ),
    );
    expect(report).toMatchObject({ created: 2, updated: 0, unchanged: 0, rejectedCount: 6 });
    expect(report.rejected.map(({ line, code }) => `${line} ${code}`).toSorted()).toEqual([
      '10 catalog.import.handle_split',
      '3 catalog.import.price_invalid',
      '4 catalog.import.title_missing',
      '6 catalog.import.quantity_invalid',
      '7 catalog.import.sku_taken',
      '8 catalog.import.handle_invalid',
    ]);
    for (const handle of ['good-1', 'good-2']) await get(handle);
    for (const handle of ['dear', 'untitled', 'half', 'thief'])
      expect(refusal(await shop().http.get(`/api/v1/products/${handle}`))).toBe('404 catalog.product_not_found');
  });

  it('gives variants without a SKU derived ones, and takes rows of an image alone for no variants', async () => {
    const image = 'https://images.example.com/shirt';
    const csv = file(
      `shirt,Shirt,true,Size,S,,4,20.00,${image}-1.jpg`,
      `shirt,,,,Größe M,,6,21.00,`,
      `shirt,,,,,,,,${image}-2.jpg`,
    );
    expect(await shop().import(csv)).toMatchObject({ created: 1, rejectedCount: 0 });
    const { variants, images, options } = await get('shirt');
    expect(variants.map(({ sku, options: [size] }: { sku: string; options: string[] }) => [sku, size])).toEqual([
      ['SHIRT-S', 'S'],
      ['SHIRT-GROSSE-M', 'Größe M'],
    ]);
    expect(options).toEqual([{ name: 'Size', values: ['S', 'Größe M'] }]);
    expect(images.map(({ src }: { src: string }) => src)).toEqual([`${image}-1.jpg`, `${image}-2.jpg`]);
    expect(await shop().import(csv)).toMatchObject({ unchanged: 1 });
  });

  it('gives inventory the starting stock, and never overwrites what was set since', async () => {
    await shop().import(file(product('stocked', { pieces: '7' }), product('unsaid', { pieces: '' })));
    expect(await stockOf('STOCKED')).toEqual({ sku: 'STOCKED', onHand: 7, reserved: 0, available: 7 });
    expect(await stockOf('UNSAID')).toMatchObject({ onHand: 0 });
    await shop()
      .http.put('/api/v1/stock/STOCKED')
      .set(await shop().admin())
      .send({ onHand: 3 })
      .expect(200);
    await shop().import(file(product('stocked', { pieces: '99', price: '1.00' }), product('later', { pieces: '1' })));
    await stockOf('LATER');
    expect(await stockOf('STOCKED')).toMatchObject({ onHand: 3 });
  });

  it('imports a file once that comes twice at the same time', async () => {
    const csv = many('twin', 150);
    const reports = await Promise.all([shop().import(csv), shop().import(csv)]);
    const sum = (count: 'created' | 'updated' | 'unchanged' | 'rejectedCount') =>
      reports[0]![count] + reports[1]![count];
    expect([sum('created'), sum('updated'), sum('unchanged'), sum('rejectedCount')]).toEqual([150, 0, 150, 0]);
    expect(await stockOf('TWIN-149')).toMatchObject({ onHand: 5 });
  });

  it('imports many more products than one command holds, and names a row far down', async () => {
    const rows = many('crowd', 350).split('\n');
    rows[320] = product('crowd-bad', { price: '-1' });
    expect(await shop().import(rows.join('\n'))).toMatchObject({
      created: 349,
      rejected: [{ line: 321, code: 'catalog.import.price_negative' }],
    });
    expect(await stockOf('CROWD-349')).toMatchObject({ onHand: 5 });
  });

  it('reads the newer header, in any order of its columns', async () => {
    const csv =
      'Title,URL handle,Description,Status,Published on online store,Option1 name,Option1 value,SKU,Price,Inventory quantity,Product image URL,Market price\n' +
      'Lamp,lamp,"<p>Bright, and ""warm""</p>",Active,TRUE,Title,Default Title,LAMP-1,30.00,2,https://images.example.com/lamp.jpg,7\n' +
      'Vase,vase,,Draft,TRUE,Title,Default Title,VASE-1,30.00,2,,7\n';
    expect(await shop().import(csv)).toMatchObject({ created: 2, rejectedCount: 0 });
    expect(await get('lamp')).toMatchObject({
      title: 'Lamp',
      description: '<p>Bright, and "warm"</p>',
      status: 'published',
      variants: [{ sku: 'LAMP-1' }],
    });
    expect(refusal(await shop().http.get('/api/v1/products/vase'))).toBe('404 catalog.product_not_found');
  });

  it('reads a byte order mark, CRLF and line breaks within quotes, and still counts lines', async () => {
    const csv = `\uFEFFHandle,Title,Body (HTML),Variant SKU,Variant Price\r\nbroken-lines,Übergröße 👕,"<p>one\r\ntwo\r\nthree</p>",LINES-1,1.00\r\nwrong,Wrong,,LINES-2,one\r\n`;
    expect(await shop().import(csv)).toMatchObject({
      created: 1,
      rejected: [{ line: 5, code: 'catalog.import.price_invalid' }],
    });
    expect(await get('broken-lines')).toMatchObject({
      title: 'Übergröße 👕',
      description: '<p>one\r\ntwo\r\nthree</p>',
    });
  });

  it.each<[string, string | Buffer, string]>([
    ['nothing', '', 'file_empty'],
    ['a workbook', Buffer.from('PK\x03\x04and so on'), 'not_csv'],
    ['UTF-16', Buffer.from(`\uFEFF${header}\n`, 'utf16le'), 'not_utf8'],
    ['JSON', '{"products":[]}', 'quotes_unbalanced'],
    ['another table', 'Name,Age\nAda,36\n', 'columns_missing'],
    ['semicolons', header.replaceAll(',', ';'), 'columns_missing'],
    ['a column that comes twice', `${header},Title\n`, 'column_repeated'],
    ['a quote that never ends', '"Handle,Title,Variant Price\n', 'quotes_unbalanced'],
  ])('refuses the whole of a file: %s', async (_, csv, what) => {
    expect(refusal(await send(csv))).toBe(`422 catalog.import.${what}`);
  });

  it('takes CSV and JSON lines, and no other type', async () => {
    for (const type of [
      'application/json',
      'text/plain',
      'application/octet-stream',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      'text/csvx',
    ]) {
      expect([type, refusal(await send(file(product('typed')), { 'content-type': type }))]).toEqual([
        type,
        '415 http.unsupported_media_type',
      ]);
    }
    const { status, body } = await send(file(product('typed')), { 'content-type': 'text/csv; charset=utf-8' });
    expect([status, body.created]).toEqual([200, 1]);
  });

  it('refuses whoever may not import, strangers before they have sent the file', async () => {
    const post = (headers: Record<string, string>) =>
      shop()
        .http.post('/api/v1/products/import')
        .set({ 'content-type': 'text/csv', ...headers })
        .send(file(product('stranger')));
    expect(refusal(await post({}))).toBe('401 kernel.unauthenticated');
    expect(refusal(await post({ authorization: 'Bearer nonsense' }))).toBe('401 kernel.unauthenticated');
    expect(refusal(await shop().http.get('/api/v1/products/stranger'))).toBe('404 catalog.product_not_found');
    const unfinished = connect(`${shop().server.url}/api/v1/products/import`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'content-length': 100_000_000 },
    });
    unfinished.write(`${header}\n`);
    const [answer] = (await once(unfinished, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(401);
    unfinished.destroy();
  });

  const json = (handle: string, { amount = 950, ...more }: { amount?: number; [field: string]: unknown } = {}) =>
    JSON.stringify({
      handle,
      title: `The ${handle}`,
      variants: [{ sku: handle.toUpperCase(), price: { amount, currency: 'EUR' }, inventoryQuantity: 5 }],
      ...more,
    });
  const sendLines = async (lines: string[], type = 'application/x-ndjson') =>
    (await send(lines.map((line) => `${line}\n`).join(''), { 'content-type': type })).body;

  it('takes JSON, one product a line, and answers as for CSV', async () => {
    const lines = [json('lines-tee'), json('lines-cap', { status: 'draft' })];
    expect(await sendLines(lines)).toEqual({ created: 2, updated: 0, unchanged: 0, rejected: [], rejectedCount: 0 });
    expect(await stockOf('LINES-TEE')).toMatchObject({ onHand: 5 });
    expect(await get('lines-tee')).toMatchObject({
      title: 'The lines-tee',
      variants: [{ sku: 'LINES-TEE', title: 'Default', options: [], price: { amount: 950, currency: 'EUR' } }],
    });
    expect(refusal(await shop().http.get('/api/v1/products/lines-cap'))).toBe('404 catalog.product_not_found');
    expect(await sendLines(lines, 'application/jsonl')).toMatchObject({ unchanged: 2 });
    expect(
      await sendLines([json('lines-tee', { amount: 900 })], 'Application/X-JsonLines; charset=utf-8'),
    ).toMatchObject({
      updated: 1,
    });
  });

  it('takes a product back as it shows it', async () => {
    const options = ['S', 'M'].map((size) => ({ options: { Size: size }, price: { amount: 500, currency: 'EUR' } }));
    await sendLines([json('mirror', { variants: options, images: [{ src: 'https://images.example.com/m.jpg' }] })]);
    expect(await sendLines([JSON.stringify(await get('mirror'))])).toMatchObject({ unchanged: 1, rejectedCount: 0 });
  });

  it('rejects a line that is no product, with its code and where, and takes the rest', async () => {
    const report = await sendLines([
      json('whole'),
      '{"title":',
      '',
      json('priceless', { variants: [{ sku: 'X' }] }),
      json('whole'),
      json('robber', { variants: [{ sku: 'WHOLE', price: { amount: 1, currency: 'EUR' } }] }),
      json('last'),
    ]);
    expect(report).toMatchObject({ created: 2, rejectedCount: 4 });
    expect(
      report.rejected.map(({ line, code, pointer = '' }: Record<string, string>) =>
        `${line} ${code} ${pointer}`.trim(),
      ),
    ).toEqual([
      '2 catalog.import.not_json',
      '4 catalog.import.product_invalid /variants/0/price',
      '5 catalog.import.handle_repeated /handle',
      '6 catalog.import.sku_taken',
    ]);
  });

  it('documents both kinds of files, by examples that it takes', async () => {
    const { body } = await shop().http.get('/api/openapi.json').expect(200);
    const content = body.paths['/api/v1/products/import'].post.requestBody.content as Record<
      string,
      { example: string }
    >;
    expect(Object.keys(content)).toEqual(['text/csv', 'application/x-ndjson']);
    for (const [type, { example }] of Object.entries(content)) {
      const { status, body: report } = await send(example, { 'content-type': type });
      expect([type, status, report.rejected]).toEqual([type, 200, []]);
    }
    expect(body.components.schemas.ImportReport.example).toMatchObject({ rejectedCount: 1, rejected: [{ line: 17 }] });
  });

  it('keeps what it has when its client goes away half-way; the same file again brings the rest', async () => {
    const whole = many('broken-off', 400);
    const half = whole.slice(0, whole.length / 2);
    const request = connect(`${shop().server.url}/api/v1/products/import`, {
      method: 'POST',
      headers: { ...(await shop().admin()), 'content-type': 'text/csv', 'content-length': whole.length },
    });
    request.on('error', () => undefined);
    request.write(half);
    await until(async () => (await shop().http.get('/api/v1/products/broken-off-0')).status === 200, 'the first batch');
    request.destroy();
    const report = await shop().import(whole);
    expect(report).toMatchObject({ updated: 0, rejectedCount: 0 });
    expect(report.created + report.unchanged).toBe(400);
    expect(report.created).toBeGreaterThanOrEqual(150);
    expect(report.unchanged).toBeGreaterThanOrEqual(100);
    expect(shop().server.output).not.toContain('/products/import failed');
  });

  it('refuses a file that says it is over 200 MiB before it is sent', async () => {
    const request = connect(`${shop().server.url}/api/v1/products/import`, {
      method: 'POST',
      headers: { ...(await shop().admin()), 'content-type': 'text/csv', 'content-length': 300_000_000 },
    });
    request.on('error', () => undefined);
    request.write(`${header}\n`);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(413);
    request.destroy();
  });

  it('imports the demo catalogue without a rejection, and again without a change', async () => {
    const csv = await readFile(join(import.meta.dirname, '../../../../libs/catalog/demo/products.csv'));
    const report = await shop().import(csv);
    expect(report).toMatchObject({ updated: 0, unchanged: 0, rejected: [], rejectedCount: 0 });
    expect(report.created).toBeGreaterThan(10);
    expect(await shop().import(csv)).toMatchObject({ created: 0, updated: 0, unchanged: report.created });
  });
});
