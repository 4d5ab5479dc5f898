import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { assertJsonOnly } from '#kernel/messages';
import { ImportedProduct } from '../contracts/imported-product.js';
import type { ImportEntry } from './import-entry.js';
import { readShopifyCsv } from './shopify-csv.js';
import { UnreadableFile } from './unreadable-file.js';

type Cells = Record<string, string>;
type Source = string | Uint8Array;

async function* inChunks(source: Source, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(source);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function read(source: Source, { currency = 'EUR', chunk = 65_536 } = {}): Promise<ImportEntry[]> {
  const entries: ImportEntry[] = [];
  for await (const entry of readShopifyCsv(inChunks(source, chunk), { currency })) entries.push(entry);
  return entries;
}

const quoted = (value: string) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** A file whose columns are the keys of all rows. */
function csv(rows: Cells[], lineEnd = '\n'): string {
  const columns = [...new Set(rows.flatMap(Object.keys))];
  return [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))]
    .map((cells) => cells.map(quoted).join(',') + lineEnd)
    .join('');
}

const products = (entries: ImportEntry[]) =>
  entries.flatMap((entry) => (entry.kind === 'product' ? [entry.product] : []));
/** Each entry in short: `2 mug` is a product, `3 price_missing` a rejection. */
const brief = (entries: ImportEntry[]) =>
  entries.map((entry) =>
    entry.kind === 'product'
      ? `${entry.line} ${entry.product.handle}`
      : `${entry.line} ${entry.code.replace('catalog.import.', '')}`,
  );
const mug = (cells: Cells = {}): Cells => ({ Handle: 'mug', Title: 'Mug', 'Variant Price': '9.50', ...cells });
const onlyProduct = async (rows: Cells[], currency?: string) => {
  const entries = await read(csv(rows), currency ? { currency } : {});
  expect(brief(entries)).toEqual([`2 ${rows[0]?.['Handle'] ?? rows[0]?.['URL handle']}`]);
  return products(entries)[0] as ImportedProduct;
};

const classicHeader =
  'Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option1 Linked To,' +
  'Option2 Name,Option2 Value,Option2 Linked To,Option3 Name,Option3 Value,Option3 Linked To,Variant SKU,Variant Grams,' +
  'Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,' +
  'Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,' +
  'Image Alt Text,Gift Card,SEO Title,SEO Description,Google Shopping / Gender,Material (product.metafields.custom.material),' +
  'Variant Image,Variant Weight Unit,Variant Tax Code,Cost per item,Included / Germany,Price / Germany,Status';

const classic = [
  classicHeader,
  'wool-cap,Wool Cap,"<p>Warm, and ""soft"".</p>\n<p>Two lines.</p>",Nordhal,Apparel & Accessories > Clothing,Hats,"winter, wool,winter",true,' +
    "Size,Medium,,Color,Red,product.metafields.shopify.color,,,,CAP-M-RED,120.0,shopify,10,deny,manual,29.90,39.90,true,true,'0012345678905," +
    'https://cdn.example.com/cap.jpg,1,A red cap,false,,,,wool,https://cdn.example.com/cap-red.jpg,kg,,12.00,true,31.90,active',
  'wool-cap,,,,,,,,,Large,,,Red,,,,,CAP-L-RED,130,shopify,-2,deny,manual,29.90,,true,true,,https://cdn.example.com/cap-2.jpg,2,,,,,,,,kg,,,,,',
  'wool-cap,,,,,,,,,,,,,,,,,,,,,,,,,,,,https://cdn.example.com/cap-3.jpg,3,Back,,,,,,,,,,,,',
].join('\r\n');

describe('a classic export', () => {
  it('is read as one product with its options, variants and images', async () => {
    const entries = await read(classic);
    expect(brief(entries)).toEqual(['2 wool-cap']);
    expect(products(entries)[0]).toEqual({
      handle: 'wool-cap',
      title: 'Wool Cap',
      description: '<p>Warm, and "soft".</p>\n<p>Two lines.</p>',
      status: 'published',
      category: 'Apparel & Accessories > Clothing',
      vendor: 'Nordhal',
      tags: ['winter', 'wool'],
      options: [
        { name: 'Size', values: ['Medium', 'Large'] },
        { name: 'Color', values: ['Red'] },
      ],
      variants: [
        {
          sku: 'CAP-M-RED',
          title: 'Medium / Red',
          options: ['Medium', 'Red'],
          price: { amount: 2990, currency: 'EUR' },
          compareAtPrice: { amount: 3990, currency: 'EUR' },
          barcode: '0012345678905',
          grams: 120,
          inventoryQuantity: 10,
          image: 'https://cdn.example.com/cap-red.jpg',
        },
        {
          sku: 'CAP-L-RED',
          title: 'Large / Red',
          options: ['Large', 'Red'],
          price: { amount: 2990, currency: 'EUR' },
          compareAtPrice: null,
          barcode: null,
          grams: 130,
          inventoryQuantity: 0,
          image: null,
        },
      ],
      images: [
        { src: 'https://cdn.example.com/cap.jpg', alt: 'A red cap', position: 1 },
        { src: 'https://cdn.example.com/cap-2.jpg', alt: null, position: 2 },
        { src: 'https://cdn.example.com/cap-3.jpg', alt: 'Back', position: 3 },
      ],
    });
  });

  it.each([1, 2, 3, 7, 100])('is read alike in chunks of %i bytes, with a byte order mark', async (chunk) => {
    expect(await read(`\uFEFF${classic}`, { chunk })).toEqual(await read(classic));
  });

  it('is read with its header in quotes after a byte order mark', async () => {
    expect(brief(await read('\uFEFF"Handle","Title","Variant Price"\nmug,Mug,9\n'))).toEqual(['2 mug']);
  });

  it('is read with its columns in any order, letter case and spacing', async () => {
    expect(brief(await read(' variant  PRICE,TITLE,Metafield: x,handle\n9,Mug,?,mug\n'))).toEqual(['2 mug']);
  });

  it('of the time before Status and Product Category takes Type and Published', async () => {
    const product = await onlyProduct([mug({ Type: 'Kitchen', Published: 'FALSE' })]);
    expect(product).toMatchObject({ status: 'draft', category: 'Kitchen' });
  });
});

describe('the newer template', () => {
  const row = {
    Title: 'Mug',
    'URL handle': 'mug',
    Description: '<p>Holds tea.</p>',
    Vendor: 'Tonwerk',
    'Product category': 'Home & Garden > Kitchen',
    Type: 'Mugs',
    Tags: 'tea',
    'Published on online store': 'TRUE',
    Status: 'Active',
    SKU: 'MUG-BLUE',
    Barcode: '4000000000006',
    'Option1 name': 'Colour',
    'Option1 value': 'Blue',
    'Option1 Linked To': '',
    Price: '18',
    'Compare-at price': '0.00',
    'Inventory quantity': '7',
    'Weight value (grams)': '340.6',
    'Weight unit for display': 'kg',
    'Product image URL': 'https://cdn.example.com/mug.jpg',
    'Image position': '1',
    'Image alt text': 'A mug',
    'Variant image URL': 'https://cdn.example.com/mug-blue.jpg',
    'Color (product.metafields.shopify.color-pattern)': 'blue',
  };

  it('is read like the classic export', async () => {
    const product = await onlyProduct([
      row,
      { 'URL handle': 'mug', SKU: 'MUG-RED', 'Option1 value': 'Red', Price: '19.00' },
    ]);
    expect(product).toMatchObject({
      title: 'Mug',
      description: '<p>Holds tea.</p>',
      category: 'Home & Garden > Kitchen',
      options: [{ name: 'Colour', values: ['Blue', 'Red'] }],
      images: [{ src: 'https://cdn.example.com/mug.jpg', alt: 'A mug', position: 1 }],
    });
    expect(product.variants).toMatchObject([
      {
        sku: 'MUG-BLUE',
        price: { amount: 1800 },
        compareAtPrice: null,
        barcode: '4000000000006',
        grams: 341,
        inventoryQuantity: 7,
        image: 'https://cdn.example.com/mug-blue.jpg',
      },
      { sku: 'MUG-RED', price: { amount: 1900 }, grams: null, inventoryQuantity: null },
    ]);
  });
});

describe('a product', () => {
  it.each([
    ['', '', 'published'],
    ['', 'true', 'published'],
    ['', 'false', 'draft'],
    ['active', '', 'published'],
    ['ACTIVE', 'TRUE', 'published'],
    ['active', 'false', 'draft'],
    ['draft', 'true', 'draft'],
    ['unlisted', 'true', 'draft'],
    ['archived', 'true', 'archived'],
    ['Archived', 'false', 'archived'],
  ])('with status "%s" and published "%s" is %s', async (Status, Published, expected) => {
    expect((await onlyProduct([mug({ Status, Published })])).status).toBe(expected);
  });

  it.each([
    ['Home > Kitchen', 'Mugs', 'Home > Kitchen'],
    ['', 'Mugs', 'Mugs'],
    ['Uncategorized', 'Mugs', 'Mugs'],
    ['', '', null],
  ])('of product category "%s" and type "%s" has category %s', async (productCategory, Type, expected) => {
    expect((await onlyProduct([mug({ 'Product Category': productCategory, Type })])).category).toBe(expected);
  });

  it.each<[string, Cells]>([
    ['"Title" with "Default Title"', { 'Option1 Name': 'Title', 'Option1 Value': 'Default Title' }],
    ['no option columns', {}],
    ['blank options', { 'Option1 Name': '', 'Option1 Value': '' }],
  ])('with %s has no options and one variant "Default"', async (_, cells) => {
    const product = await onlyProduct([mug(cells)]);
    expect(product.options).toEqual([]);
    expect(product.variants).toMatchObject([{ title: 'Default', options: [], sku: 'MUG' }]);
  });

  it('may have a real option that is called Title', async () => {
    const product = await onlyProduct([
      mug({ 'Option1 Name': 'Title', 'Option1 Value': 'Dr' }),
      { Handle: 'mug', 'Option1 Value': 'Ms', 'Variant Price': '9' },
    ]);
    expect(product.options).toEqual([{ name: 'Title', values: ['Dr', 'Ms'] }]);
  });

  it('may repeat its title and option names on each row', async () => {
    const size = { 'Option1 Name': 'Size', 'Option1 Value': 'S' };
    const product = await onlyProduct([mug(size), mug({ ...size, 'Option1 Value': 'M' })]);
    expect(product.variants.map(({ title }) => title)).toEqual(['S', 'M']);
  });

  it('keeps its images in the order of their positions and each of them once', async () => {
    const image = (name: string, position: string) => ({
      Handle: 'mug',
      'Image Src': `https://cdn.example.com/${name}`,
      'Image Position': position,
    });
    const product = await onlyProduct([
      { ...mug(), ...image('b', '2') },
      image('a', '1'),
      image('b', '9'),
      image('c', ''),
    ]);
    expect(product.images.map(({ src, position }) => `${position} ${src.at(-1)}`)).toEqual(['1 a', '2 b', '3 c']);
    expect(product.variants).toHaveLength(1);
  });

  it.each(['шапка-красная', 'tee-日本-スーパー', 'เสื้อ-ยืด', 'größe_2', '500ml-flasche', 'lego®-set'])(
    'may have the handle %s',
    async (Handle) => {
      expect((await onlyProduct([mug({ Handle })])).handle).toBe(Handle);
    },
  );

  it('has its handle in lower case, as Shopify makes it', async () => {
    const entries = await read(
      csv([mug({ Handle: 'Blue-Mug' }), { Handle: 'blue-mug', 'Image Src': 'https://cdn.example.com/2.jpg' }]),
    );
    expect(brief(entries)).toEqual(['2 blue-mug']);
  });

  it('may be a gift card', async () => {
    const product = await onlyProduct([
      mug({ 'Gift Card': 'true', 'Option1 Name': 'Denominations', 'Option1 Value': '€10' }),
      { Handle: 'mug', 'Option1 Value': '€25', 'Variant Price': '25.00' },
    ]);
    expect(product.variants.map(({ sku }) => sku)).toEqual(['MUG-10', 'MUG-25']);
  });

  it('fits the contract, which is plain JSON', async () => {
    expect(() => assertJsonOnly(ImportedProduct, 'ImportedProduct')).not.toThrow();
    const [product] = products(await read(classic));
    expect(ImportedProduct.parse(JSON.parse(JSON.stringify(product)))).toEqual(product);
  });
});

describe('an SKU', () => {
  const skus = async (values: string[], given: string[] = []) => {
    const rows = values.map((value, at) => ({
      ...mug({ Handle: 'crème-tee' }),
      'Option1 Name': 'Size',
      'Option1 Value': value,
      'Variant SKU': given[at] ?? '',
    }));
    return (await onlyProduct(rows)).variants.map(({ sku }) => sku);
  };

  it.each<[string, string[], string[]]>([
    ['handle and options', ['Small', 'Extra large (XL)'], ['CREME-TEE-SMALL', 'CREME-TEE-EXTRA-LARGE-XL']],
    ['accents folded', ['Größe Å', 'ﬁne'], ['CREME-TEE-GROSSE-A', 'CREME-TEE-FINE']],
    [
      'letters of other scripts',
      ['красный', '赤', 'ガラス'],
      ['CREME-TEE-КРАСНЫИ', 'CREME-TEE-赤', 'CREME-TEE-ガラス'],
    ],
    ['numbers for what collides', ['A/B', 'A B', 'A-B'], ['CREME-TEE-A-B', 'CREME-TEE-A-B-2', 'CREME-TEE-A-B-3']],
    ['values without a letter', ['★', '☆'], ['CREME-TEE', 'CREME-TEE-2']],
  ])('that is missing is made of %s', async (_, values, expected) => {
    expect(await skus(values)).toEqual(expected);
  });

  it('that is missing evades one that is given further down', async () => {
    expect(await skus(['A', 'B'], ['', 'CREME-TEE-A'])).toEqual(['CREME-TEE-A-2', 'CREME-TEE-A']);
  });

  it('loses the apostrophe that protects it in a spreadsheet', async () => {
    expect(await skus(['A', 'B'], ["'00123", "it's"])).toEqual(['00123', "it's"]);
  });

  it('that is missing is never longer than an SKU may be', async () => {
    const long = 'x'.repeat(255);
    const [first, second] = await skus([long, `${long.slice(1)}!`].map((value) => value.slice(0, 255)));
    expect([first?.length, second?.length]).toEqual([255, 255]);
    expect(first).not.toBe(second);
  });
});

describe('a price', () => {
  it.each([
    ['50', 'EUR', 5000],
    ['50.0', 'EUR', 5000],
    ['50.00', 'EUR', 5000],
    ['0', 'EUR', 0],
    ['-0.00', 'EUR', 0],
    ['0.29', 'EUR', 29],
    ['1.15', 'EUR', 115],
    ['8.2', 'USD', 820],
    [' 1299.99 ', 'EUR', 129_999],
    ['19.9900', 'EUR', 1999],
    ['1500', 'JPY', 1500],
    ['1500.00', 'JPY', 1500],
    ['1.234', 'BHD', 1234],
    ['1.5', 'KWD', 1500],
    ['12.34', 'HUF', 1234],
    ['90071992547409.91', 'EUR', Number.MAX_SAFE_INTEGER],
  ])('of "%s" %s is %i minor units', async (value, currency, amount) => {
    const product = await onlyProduct([mug({ 'Variant Price': value })], currency);
    expect(product.variants[0]?.price).toEqual({ amount, currency });
  });

  it.each([
    ['', 'EUR', 'price_missing'],
    ['1,299.00', 'EUR', 'price_invalid'],
    ['12,50', 'EUR', 'price_invalid'],
    ['€12', 'EUR', 'price_invalid'],
    ['12 EUR', 'EUR', 'price_invalid'],
    ['1e3', 'EUR', 'price_invalid'],
    ['.5', 'EUR', 'price_invalid'],
    ['5.', 'EUR', 'price_invalid'],
    ['٣', 'EUR', 'price_invalid'],
    ['90071992547409.92', 'EUR', 'price_invalid'],
    ['-5', 'EUR', 'price_negative'],
    ['9.999', 'EUR', 'price_too_precise'],
    ['1500.50', 'JPY', 'price_too_precise'],
    ['1.2345', 'BHD', 'price_too_precise'],
  ])('of "%s" %s is rejected as %s', async (value, currency, what) => {
    const [entry, ...others] = await read(csv([mug({ 'Variant Price': value })]), { currency });
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ kind: 'rejected', line: 2, code: `catalog.import.${what}` });
    expect(entry?.kind === 'rejected' && entry.message).toContain(value === '' ? 'no price' : JSON.stringify(value));
  });
});

describe('a quantity', () => {
  it.each([
    ['', null],
    ['10', 10],
    ['10.0', 10],
    ['0', 0],
    ['-3', 0],
  ])('of "%s" is %s', async (value, expected) => {
    expect((await onlyProduct([mug({ 'Variant Inventory Qty': value })])).variants[0]?.inventoryQuantity).toBe(
      expected,
    );
  });
});

describe('a row is rejected, and its product with it, when', () => {
  const size = (value: string, cells: Cells = {}) => mug({ 'Option1 Name': 'Size', 'Option1 Value': value, ...cells });
  const more = (cells: Cells): Cells => ({ Handle: 'mug', 'Variant Price': '9', ...cells });
  const long = (length: number) => 'x'.repeat(length);

  it.each<[string, Cells[], string]>([
    ['the product has no title', [mug({ Title: ' ' })], '2 title_missing'],
    ['the status is none', [mug({ Status: 'live' })], '2 status_unknown'],
    ['published is neither true nor false', [mug({ Published: 'maybe' })], '2 published_unknown'],
    ['two variants have the same options', [size('S'), size('S')], '3 variant_repeated'],
    ['a product without options has two variants', [mug(), more({ 'Variant SKU': 'B' })], '3 variant_repeated'],
    [
      'two variants have the same SKU',
      [size('S', { 'Variant SKU': 'A' }), size('M', { 'Variant SKU': "'A" })],
      '3 sku_repeated',
    ],
    ['a quantity is no whole number', [mug({ 'Variant Inventory Qty': '1.5' })], '2 quantity_invalid'],
    ['a quantity is no number', [mug({ 'Variant Inventory Qty': 'many' })], '2 quantity_invalid'],
    ['a quantity is beyond counting', [mug({ 'Variant Inventory Qty': '9999999999' })], '2 quantity_invalid'],
    ['a weight is no number', [mug({ 'Variant Grams': '1kg' })], '2 grams_invalid'],
    [
      'an image position is no number',
      [mug({ 'Image Src': 'https://a.example/1', 'Image Position': 'first' })],
      '2 image_position_invalid',
    ],
    ['an image has no address', [mug(), { Handle: 'mug', 'Image Src': 'mug.jpg' }], '3 image_invalid'],
    ['a variant image would run a script', [mug({ 'Variant Image': 'javascript:alert(1)' })], '2 image_invalid'],
    ['a compare-at price is none', [mug({ 'Variant Compare At Price': 'x' })], '2 compare_at_price_invalid'],
    ['there is a fourth option', [size('S', { 'Option4 Name': 'Fit', 'Option4 Value': 'Slim' })], '2 too_many_options'],
    ['an option has no name', [mug({ 'Option1 Value': 'S' })], '2 option_name_missing'],
    [
      'an option comes up later',
      [size('S'), more({ 'Option1 Value': 'M', 'Option2 Value': 'Red' })],
      '3 option_name_missing',
    ],
    [
      'an option changes its name',
      [size('S'), more({ 'Option1 Name': 'Colour', 'Option1 Value': 'Red' })],
      '3 option_name_differs',
    ],
    [
      'two options have one name',
      [size('S', { 'Option2 Name': 'size', 'Option2 Value': 'M' })],
      '2 option_name_repeated',
    ],
    ['a variant lacks an option value', [size('S'), more({ 'Variant SKU': 'B' })], '3 option_value_missing'],
    ['a further row says nothing', [size('S'), { Handle: 'mug' }], '3 price_missing'],
    ['a further variant has no price', [size('S'), { Handle: 'mug', 'Option1 Value': 'M' }], '3 price_missing'],
    ['the handle is none', [mug({ Handle: 'a mug' })], '2 handle_invalid'],
    ['the handle is too long', [mug({ Handle: long(256) })], '2 handle_invalid'],
    ['the title is too long', [mug({ Title: long(256) })], '2 title_invalid'],
    ['an SKU is too long', [size('S'), size('M', { 'Variant SKU': long(256) })], '3 sku_invalid'],
    ['an option value is too long', [size('S'), size(long(256))], '3 option_invalid'],
    ['a tag is too long', [mug({ Tags: long(256) })], '2 tag_invalid'],
    ['the title holds U+0000', [mug({ Title: 'a\0b' })], '2 title_invalid'],
    ['the description holds U+0000', [mug({ 'Body (HTML)': 'a\0b' })], '2 description_invalid'],
    ['an SKU holds U+0000', [mug({ 'Variant SKU': 'a\0b' })], '2 sku_invalid'],
  ])('%s', async (_, rows, expected) => {
    const entries = await read(csv([...rows, mug({ Handle: 'next' })]));
    expect(brief(entries)).toEqual([expected, `${rows.length + 2} next`]);
  });

  it('several rows of one product are wrong: each is told, the good ones are not', async () => {
    const rows = [
      size('S', { 'Variant Price': '?' }),
      size('M'),
      size('L', { 'Variant Inventory Qty': '?' }),
      size('M'),
    ];
    expect(brief(await read(csv(rows)))).toEqual(['2 price_invalid', '4 quantity_invalid', '5 variant_repeated']);
  });

  it('its product has more variants, or images, than a product can have: told once', async () => {
    const variants = Array.from({ length: 2010 }, (_, at) => size(`${at}`));
    expect(brief(await read(csv(variants)))).toEqual(['2002 too_many_variants']);
    expect(brief(await read(csv(variants.slice(0, 2000))))).toEqual(['2 mug']);
    const images = Array.from({ length: 260 }, (_, at) => ({ Handle: 'mug', 'Image Src': `https://a.example/${at}` }));
    expect(brief(await read(csv([mug(), ...images])))).toEqual(['253 too_many_images']);
  });

  it('the variants of its product are over 4 MiB of text: told once, and no more of them is kept', async () => {
    const variants = Array.from({ length: 8 }, (_, at) => size(`${at}`.padEnd(900_000, 'x')));
    expect(brief(await read(csv([...variants, mug({ Handle: 'next' })])))).toEqual(['6 product_too_large', '10 next']);
  });

  it('a value with a comma stands without quotes', async () => {
    expect(brief(await read('Handle,Title,Variant Price\nmug,Mug, big,9\ncup,Cup,9,,\n'))).toEqual([
      '2 too_many_values',
      '3 cup',
    ]);
  });

  it('the row ends before its status', async () => {
    const entries = await read('Handle,Title,Variant Price,Tags,Status\nmug,Mug,9,tea\ncup,Cup,9,,draft\ncup\n');
    expect(brief(entries)).toEqual(['2 row_cut_off', '4 price_missing']);
  });
});

describe('handles', () => {
  it('that come again further down are rejected there, with the line of the first', async () => {
    const entries = await read(csv([mug(), mug({ Handle: 'cup' }), mug(), mug({ Handle: 'jug' })]));
    expect(brief(entries)).toEqual(['2 mug', '3 cup', '4 handle_split', '5 jug']);
    expect(entries[2]).toMatchObject({ message: expect.stringContaining('line 2') });
  });

  it('that are missing reject the product above, unless the row begins a product of its own', async () => {
    const blank = { Handle: '', 'Image Src': 'https://a.example/2.jpg' };
    expect(brief(await read(csv([mug(), blank, mug({ Handle: 'cup' })])))).toEqual(['3 handle_missing', '4 cup']);
    expect(brief(await read(csv([mug(), mug({ Handle: ' ' }), mug({ Handle: 'cup' })])))).toEqual([
      '3 handle_missing',
      '2 mug',
      '4 cup',
    ]);
  });
});

describe('lines', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('are those of the file when they end in %s, with breaks in quotes and blank lines', async (_, end) => {
    const file = [
      '',
      'Handle,Title,Body (HTML),Variant Price',
      'a,A,"one',
      '',
      'three",1',
      '',
      ',,,',
      'b,"B',
      'b","x',
      'y",?',
      'c,C,,1',
    ].join(end);
    for (const chunk of [1, 5, 1000]) {
      const entries = await read(file, { chunk });
      expect(brief(entries)).toEqual(['3 a', '8 price_invalid', '11 c']);
      expect(products(entries)[0]?.description).toBe(`one${end}${end}three`);
    }
  });

  it('may end in different ways in one file', async () => {
    expect(brief(await read('Handle,Title,Price\r\na,A,1\nb,B,2\r\n"c",C,3\n\r\nd,D,4'))).toEqual([
      '2 a',
      '3 b',
      '4 c',
      '6 d',
    ]);
  });
});

describe('bytes that are not UTF-8', () => {
  const latin1 = (text: string) => Buffer.from(text, 'latin1');

  it('reject the product that they stand in, and not become other letters', async () => {
    const entries = await read(
      latin1('Handle,Title,Vendor,Price,Note\ncafe,Café,x,1,\ncup,Cup,x,1,é\nmug,Mug,é,1,\njug,Jug,x,1,\n'),
    );
    expect(brief(entries)).toEqual(['2 not_utf8', '3 cup', '4 not_utf8', '5 jug']);
    expect(entries[0]).toMatchObject({ message: expect.stringContaining('Title') });
  });

  it('in a handle reject the row', async () => {
    expect(brief(await read(latin1('Handle,Title,Price\nmug,Mug,1\ncafé,Café,1\n')))).toEqual(['3 not_utf8', '2 mug']);
  });

  it('are not seen where a chunk ends inside a letter', async () => {
    const entries = await read('Handle,Title,Price\nmug,Tasse für 日本 🫖,1\n', { chunk: 1 });
    expect(products(entries)[0]?.title).toBe('Tasse für 日本 🫖');
  });
});

describe('quotes that do not match', () => {
  const header = 'Handle,Title,Price,Tags\n';

  it.each([
    ['never closed', 'mug,"Mug,1,x\ncup,Cup,1,x\n'],
    ['closed by a later quote', 'mug,"Mug,1,x\ncup,"Cup",1,x\n'],
    ['not doubled', 'mug,"A 5" mug",1,x\n'],
    ['inside an unquoted value', 'mug,A 5" mug,1,x\n'],
  ])('(%s) are one rejected entry, and nothing below is read', async (_, rows) => {
    for (const chunk of [1, 1000]) {
      const entries = await read(`${header}a,A,1,x\nb,B,1,x\n${rows}`, { chunk });
      expect(brief(entries)).toEqual(['2 a', '3 b', '4 quotes_unbalanced']);
    }
  });

  it('reject the product above when the row is one of its own', async () => {
    expect(brief(await read(`${header}a,A,1,x\nmug,Mug,1,x\nmug,"",1,"x\n`))).toEqual(['2 a', '4 quotes_unbalanced']);
  });

  it('or a row without end are given up after a mebibyte', async () => {
    async function* endless() {
      yield Buffer.from(`${header}a,A,1,x\nmug,"`);
      for (let given = 0; given < 64; given += 1) yield Buffer.alloc(1024 * 1024, 'x');
      throw new Error('read too far');
    }
    const entries: ImportEntry[] = [];
    for await (const entry of readShopifyCsv(endless(), { currency: 'EUR' })) entries.push(entry);
    expect(brief(entries)).toEqual(['2 a', '3 row_too_long']);
    expect(brief(await read(`${header}mug,Mug,1,${'x'.repeat(1024 * 1024)}\n`))).toEqual(['2 row_too_long']);
  });
});

describe('a file that is no such CSV is refused as a whole:', () => {
  it.each<[string, Source, string, string]>([
    ['an empty one', '', 'file_empty', 'empty'],
    ['one of blank lines', '\n\r\n,,\n', 'file_empty', 'empty'],
    ['one without prices', 'Handle,Title,Colour\na,A,red\n', 'columns_missing', '"Variant Price" or "Price"'],
    ['one with other columns', 'Name,Cost\nA,1\n', 'columns_missing', 'Found: "Name", "Cost"'],
    ['one with semicolons', 'Handle;Title;Variant Price\na;A;1\n', 'columns_missing', 'separated by ";"'],
    ['one with a column twice', 'Handle,Title,Price,title\na,A,1,B\n', 'column_repeated', '"title"'],
    ['one whose header opens a quote', 'Handle,"Title,Price\na,A,1\n', 'quotes_unbalanced', 'line 1'],
    ['one whose first line never ends', 'x'.repeat(2 * 1024 * 1024), 'row_too_long', 'line 1'],
    ['an Excel workbook', Buffer.from('PK\x03\x04\x14\x00\x06'), 'not_csv', 'Excel'],
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n\x00\x00', 'latin1'), 'not_utf8', 'UTF-8'],
    ['zero bytes', Buffer.alloc(100), 'not_csv', 'binary'],
    ['UTF-16', Buffer.from('\uFEFFHandle,Title,Price\n', 'utf16le'), 'not_utf8', 'UTF-16'],
  ])('%s', async (_, source, what, message) => {
    const reading = read(source);
    await expect(reading).rejects.toBeInstanceOf(UnreadableFile);
    await expect(reading).rejects.toMatchObject({
      code: `catalog.import.${what}`,
      message: expect.stringContaining(message),
    });
  });

  it('not one with a header alone, which has no products', async () => {
    expect(await read('Handle,Title,Price')).toEqual([]);
  });
});

describe('the source', () => {
  it('is closed when the reader stops early', async () => {
    let closed = false;
    async function* source() {
      try {
        yield Buffer.from(csv([mug(), mug({ Handle: 'cup' }), mug({ Handle: 'jug' })]));
        yield Buffer.from('more');
      } finally {
        closed = true;
      }
    }
    for await (const entry of readShopifyCsv(source(), { currency: 'EUR' })) {
      expect(entry.kind).toBe('product');
      break;
    }
    expect(closed).toBe(true);
  });

  it('that fails fails the reading with its own error', async () => {
    async function* source() {
      yield Buffer.from(csv([mug(), mug({ Handle: 'cup' })]));
      throw new Error('upload aborted');
    }
    const reading = async () => {
      for await (const entry of readShopifyCsv(source(), { currency: 'EUR' })) expect(entry.kind).toBe('product');
    };
    await expect(reading()).rejects.toThrow('upload aborted');
  });
});

describe('the demo catalogue', () => {
  it('is read whole, with SKUs that no two variants share', async () => {
    const entries = await read(await readFile(new URL('../../demo/products.csv', import.meta.url)));
    expect(entries.filter(({ kind }) => kind === 'rejected')).toEqual([]);
    const skus = products(entries).flatMap(({ variants }) => variants.map(({ sku }) => sku));
    expect(entries.length).toBeGreaterThan(60);
    expect(skus.length).toBeGreaterThan(200);
    expect(new Set(skus).size).toBe(skus.length);
  });
});
