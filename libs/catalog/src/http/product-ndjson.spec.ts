import { describe, expect, it } from '@jest/globals';
import { ImportedProduct } from '../contracts/index.js';
import type { ImportEntry } from './import-entry.js';
import { importExamples } from './import-examples.js';
import { readProductNdjson } from './product-ndjson.js';

type Source = string | Uint8Array;

async function* inChunks(source: Source, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(source);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** What is read must fit the contract: the catalog would refuse the whole batch. */
async function read(source: Source, chunk = 65_536): Promise<ImportEntry[]> {
  const entries: ImportEntry[] = [];
  for await (const entry of readProductNdjson(inChunks(source, chunk))) {
    entries.push(entry);
  }
  const products = entries.flatMap((entry) => (entry.kind === 'product' ? [entry.product] : []));
  expect(products.map((product) => ImportedProduct.parse(product))).toEqual(products);
  return entries;
}

/** Each entry in short: `2 mug` is a product, `3 not_json` a rejection, `4 product_invalid /title` one with its pointer. */
const brief = (entries: ImportEntry[]) =>
  entries.map((entry) =>
    entry.kind === 'product'
      ? `${entry.line} ${entry.product.handle}`
      : [entry.line, entry.code.replace('catalog.import.', ''), entry.pointer ?? []].flat().join(' '),
  );

const price = { amount: 950, currency: 'EUR' };
const mug = (fields: object = {}) => ({ handle: 'mug', title: 'Mug', variants: [{ price }], ...fields });
const sizes = (...variants: object[]) => mug({ variants: variants.map((variant) => ({ price, ...variant })) });
const lines = (...values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const productOf = async (value: object) => {
  const [entry] = await read(lines(value));
  if (entry?.kind !== 'product') throw new Error(`rejected: ${entry?.message}`);
  return entry.product;
};

describe('a line of JSON', () => {
  it('needs a title and a price, and fits the contract then', async () => {
    const product = await productOf({ title: 'Crème & Tee: “No. 1”', variants: [{ price }] });
    expect(product).toEqual({
      handle: 'creme-tee-no-1',
      title: 'Crème & Tee: “No. 1”',
      description: '',
      status: 'published',
      category: null,
      vendor: null,
      tags: [],
      options: [],
      variants: [
        {
          sku: 'CREME-TEE-NO-1',
          title: 'Default',
          options: [],
          price,
          compareAtPrice: null,
          barcode: null,
          grams: null,
          inventoryQuantity: null,
          image: null,
        },
      ],
      images: [],
    });
  });

  it('names options by its variants, and derives their values, titles and SKUs', async () => {
    const product = await productOf(
      sizes(
        { options: { Size: 'M', Colour: 'Red' }, sku: 'RED-M' },
        { options: { Colour: 'Blue', Size: 'M' } },
        { options: { Size: 'L', Colour: 'Red' } },
      ),
    );
    expect(product.options).toEqual([
      { name: 'Size', values: ['M', 'L'] },
      { name: 'Colour', values: ['Red', 'Blue'] },
    ]);
    expect(product.variants.map(({ title, sku }) => `${title}: ${sku}`)).toEqual([
      'M / Red: RED-M',
      'M / Blue: MUG-M-BLUE',
      'L / Red: MUG-L-RED',
    ]);
  });

  it('may be a product as the API shows it: what an import does not set is passed over', async () => {
    const product = await productOf({
      id: '0199f3a2-7c1e-7abc-8def-0123456789ab',
      ...mug({ options: [{ name: 'Size', values: ['M', 'L'] }], createdAt: '2026-01-31T12:00:00.000Z' }),
      variants: [
        { id: '0199f3a2-7c1e-7abc-8def-0123456789ac', sku: 'M', title: 'M', options: ['M'], price, available: true },
        { sku: 'L', title: 'L', options: ['L'], price, available: false },
      ],
      images: [
        { src: 'https://a.example/2.jpg', alt: 'Two', position: 2 },
        { src: 'https://a.example/1.jpg', alt: null, position: 1 },
      ],
    });
    expect(Object.keys(product)).not.toContain('id');
    expect(product.options).toEqual([{ name: 'Size', values: ['M', 'L'] }]);
    expect(product.variants.map(({ sku, options }) => [sku, ...options])).toEqual([
      ['M', 'M'],
      ['L', 'L'],
    ]);
    expect(product.images.map(({ position }) => position)).toEqual([1, 2]);
  });

  it('says what stock a variant begins with, of which there is none below zero', async () => {
    const given = [{ inventoryQuantity: 7 }, { inventoryQuantity: -3 }, { inventoryQuantity: null }, {}];
    const { variants } = await productOf(
      sizes(...given.map((stock, at) => ({ ...stock, options: { Size: `${at}` } }))),
    );
    expect(variants.map(({ inventoryQuantity }) => inventoryQuantity)).toEqual([7, 0, null, null]);
  });

  it('may have an option that is called like something every object has', async () => {
    const product = await productOf(sizes({ options: { constructor: 'Nordhal' } }));
    expect(product.options).toEqual([{ name: 'constructor', values: ['Nordhal'] }]);
    const missing = mug({ options: [{ name: 'constructor' }], variants: [{ price, options: {} }] });
    expect(brief(await read(lines(missing)))).toEqual(['1 option_value_missing /variants/0/options']);
  });

  it('is rejected with more fields than a product needs, also where it has no use for them', async () => {
    const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`field${at}`, 1]));
    expect(brief(await read(lines(mug({ metafields: many }))))).toEqual(['1 product_invalid']);
  });

  it('does not lose an option that is called __proto__: it is rejected', async () => {
    const options = JSON.parse('{"__proto__":"Nordhal"}') as object;
    expect(brief(await read(lines(sizes({ options }))))).toEqual(['1 option_name_invalid /variants/0/options']);
  });

  it('may be as long in all its parts as the contract lets it be', async () => {
    const long = (start: string) => start.padEnd(255, 'x');
    const options = { [long('a')]: long('A'), [long('b')]: long('B'), [long('c')]: long('C') };
    const product = await productOf({ title: long('T'), variants: [{ price, options }] });
    expect([product.handle.length, product.variants[0]!.sku.length, product.variants[0]!.title.length]).toEqual([
      255, 255, 771,
    ]);
  });

  it('may hold half of a surrogate pair, which is no text', async () => {
    const [entry] = await read('{"title":"a\\ud83d","variants":[{"price":{"amount":1,"currency":"EUR"}}]}');
    expect(entry).toMatchObject({ kind: 'product', product: { title: 'a\uFFFD' } });
  });

  it.each<[string, object, string]>([
    ['it has no title', mug({ title: undefined }), 'product_invalid /title'],
    ['it has no variants', mug({ variants: [] }), 'product_invalid /variants'],
    ['its status is none', mug({ status: 'live' }), 'product_invalid /status'],
    [
      'a price is a fraction',
      sizes({ price: { amount: 9.5, currency: 'EUR' } }),
      'product_invalid /variants/0/price/amount',
    ],
    [
      'a price is negative',
      sizes({ price: { amount: -1, currency: 'EUR' } }),
      'product_invalid /variants/0/price/amount',
    ],
    ['a stock is a fraction', sizes({ inventoryQuantity: 1.5 }), 'product_invalid /variants/0/inventoryQuantity'],
    [
      'a stock is beyond counting',
      sizes({ inventoryQuantity: 2 ** 31 }),
      'product_invalid /variants/0/inventoryQuantity',
    ],
    ['a text holds U+0000', mug({ description: 'a\0b' }), 'product_invalid /description'],
    ['an image has no address', mug({ images: [{ src: 'mug.jpg' }] }), 'product_invalid /images/0/src'],
    [
      'an image stands too far down',
      mug({ images: [{ src: 'https://a.example/1', position: 2 ** 31 }] }),
      'product_invalid /images/0/position',
    ],
    ['the handle is none', mug({ handle: 'a mug' }), 'handle_invalid /handle'],
    ['no handle can be made', mug({ handle: undefined, title: '★' }), 'handle_missing /handle'],
    ['two variants have the same options', sizes({}, {}), 'variant_repeated /variants/1/options'],
    [
      'two variants have the same SKU',
      sizes({ options: { Size: 'S' }, sku: 'A' }, { options: { Size: 'M' }, sku: 'A' }),
      'sku_repeated /variants/1/sku',
    ],
    [
      'a variant lacks an option',
      sizes({ options: { Size: 'S', Fit: 'Slim' } }, { options: { Size: 'M' } }),
      'option_value_missing /variants/1/options',
    ],
    [
      'a variant has another option',
      sizes({ options: { Size: 'S' } }, { options: { Size: 'M', Fit: 'Slim' } }),
      'option_name_differs /variants/1/options',
    ],
    ['a variant has more values than options', sizes({ options: ['S'] }), 'option_name_differs /variants/0/options'],
    [
      'there is a fourth option',
      sizes({ options: { a: '1', b: '2', c: '3', d: '4' } }),
      'too_many_options /variants/0/options',
    ],
    [
      'an option stands twice',
      mug({ options: [{ name: 'Size' }, { name: 'Size' }] }),
      'option_name_repeated /options/1',
    ],
  ])('is rejected, and the rest goes on, when %s', async (_, product, expected) => {
    expect(brief(await read(lines(product, mug({ handle: 'next' }))))).toEqual([`1 ${expected}`, '2 next']);
  });

  it.each(['[]', 'null', '7', '"mug"'])('is rejected when it is %s', async (line) => {
    expect(brief(await read(`${line}\n`))).toEqual(['1 product_invalid ']);
  });

  it('is rejected when its handle stood on an earlier line, however far above', async () => {
    const others = Array.from({ length: 5_000 }, (_, at) => mug({ handle: `other-${at}` }));
    const entries = await read(lines(mug(), ...others, mug({ handle: 'MUG' })));
    expect(brief(entries.slice(-1))).toEqual(['5002 handle_repeated /handle']);
    expect(entries.at(-1)).toMatchObject({ message: expect.stringContaining('line 1') });
    expect(entries.filter(({ kind }) => kind === 'rejected')).toHaveLength(1);
  });
});

describe('a file of JSON lines', () => {
  const file = `\uFEFF${JSON.stringify(mug())}\r\n\r\n  \n{"title":\n${JSON.stringify(mug({ handle: 'tasse-für-日本' }))}`;

  it.each([1, 2, 3, 7, 65_536])(
    'is read alike in chunks of %i bytes: a mark, CRLF, blank lines, no last line feed',
    async (chunk) => {
      expect(brief(await read(file, chunk))).toEqual(['1 mug', '4 not_json', '5 tasse-für-日本']);
    },
  );

  it('may hold bytes that are not UTF-8: their line is rejected', async () => {
    const latin1 = Buffer.from(`{"title":"Café","variants":[]}\n`, 'latin1');
    expect(brief(await read(Buffer.concat([latin1, Buffer.from(lines(mug()))])))).toEqual(['1 not_utf8', '2 mug']);
  });

  it('may hold a line without end: nothing of it is kept', async () => {
    async function* endless() {
      yield Buffer.from(`${lines(mug())}{"title":"`);
      for (let given = 0; given < 64; given += 1) yield Buffer.alloc(1024 * 1024, 'x');
      yield Buffer.from(`"}\n${lines(mug({ handle: 'next' }))}`);
    }
    const entries: ImportEntry[] = [];
    for await (const entry of readProductNdjson(endless())) entries.push(entry);
    expect(brief(entries)).toEqual(['1 mug', '2 line_too_long', '3 next']);
  });

  it.each<[string, Source, string]>([
    ['nothing', '', 'file_empty'],
    ['blank lines alone', '\n\r\n  \n', 'file_empty'],
    ['a workbook', Buffer.from('PK\x03\x04 and so on'), 'not_csv'],
    ['a compressed file', Buffer.from('\x1f\x8b\x08\x00', 'latin1'), 'not_csv'],
    ['UTF-16', Buffer.from('\uFEFF{}\n', 'utf16le'), 'not_utf8'],
  ])('is refused as a whole when it is %s', async (_, source, what) => {
    await expect(read(source)).rejects.toMatchObject({ code: `catalog.import.${what}` });
  });

  it('is read as its documentation shows it', async () => {
    expect(brief(await read(importExamples['application/x-ndjson']))).toEqual(['1 wool-cap', '2 alpine-mug']);
  });
});
