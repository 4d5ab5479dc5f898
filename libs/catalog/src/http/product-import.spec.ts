import { describe, expect, it } from '@jest/globals';
import type { CommandBus, QueryBus } from '@nestjs/cqrs';
import { anonymous, callContext, runIn } from '#kernel/core';
import { GetCurrency, type ImportProducts } from '../contracts/index.js';
import { ProductImport } from './product-import.js';

/** The catalog, where it is asked for its currency. */
const catalog = (currency = 'EUR') =>
  ({
    execute: async (asked: object) => {
      expect(asked).toBeInstanceOf(GetCurrency);
      return { currency };
    },
  }) as unknown as QueryBus;

/** Imports `rows` below a header; `refuse` says which handles the catalog rejects. */
async function imported(
  rows: string[],
  refuse: (handle: string) => boolean = () => false,
  header = 'Handle,Title,Variant Price',
) {
  const batches: number[] = [];
  const callIds: unknown[] = [];
  const execute = async ({ products }: ImportProducts) => {
    batches.push(products.length);
    callIds.push(callContext()?.callId);
    const rejected = products
      .filter(({ handle }) => refuse(handle))
      .map(({ handle }) => ({ handle, code: 'catalog.sku_taken', message: 'taken' }));
    return { created: products.length - rejected.length, updated: 0, unchanged: 0, rejected };
  };
  async function* file() {
    yield Buffer.from([header, ...rows].join('\n'));
  }
  const imports = new ProductImport({ execute } as unknown as CommandBus, catalog());
  const report = await runIn({ correlationId: 'test', principal: anonymous, callId: 'key' }, () =>
    imports.run({ type: 'text/csv', bytes: file() }),
  );
  return { report, batches, callIds };
}

const rows = (count: number) => Array.from({ length: count }, (_, index) => `p${index},Product ${index},1.00`);

const sold = '"variants":[{"price":{"amount":100,"currency":"EUR"}}]';

describe('an import', () => {
  it('goes to the catalog in batches of 100, none of them under the request’s idempotency key', async () => {
    const { report, batches, callIds } = await imported(rows(250));
    expect(batches).toEqual([100, 100, 50]);
    expect(callIds).toEqual([undefined, undefined, undefined]);
    expect(report).toEqual({ created: 250, updated: 0, unchanged: 0, rejected: [], rejectedCount: 0 });
  });

  it('tells the line of what the catalog rejects, as of what cannot be read', async () => {
    const { report } = await imported(['a,A,1.00', 'b,B,much', 'c,C,1.00'], (handle) => handle === 'c');
    expect(report.created).toBe(1);
    expect(report.rejectedCount).toBe(2);
    expect(report.rejected).toEqual([
      { line: 3, code: 'catalog.import.price_invalid', message: expect.any(String) },
      { line: 4, code: 'catalog.sku_taken', message: 'taken' },
    ]);
  });

  it('takes the prices of a CSV for those of the shop’s currency, and tells where a line of JSON has another', async () => {
    const brought: ImportProducts['products'] = [];
    const differs = { code: 'catalog.import.currency_differs', message: 'differs', pointer: '/variants/0/price' };
    const execute = async ({ products }: ImportProducts) => {
      brought.push(...products);
      const rejected = products.map(({ handle }) => ({ handle, ...differs }));
      return { created: 0, updated: 0, unchanged: 0, rejected };
    };
    const imports = new ProductImport({ execute } as unknown as CommandBus, catalog('KWD'));
    const run = (type: string, text: string) =>
      runIn({ correlationId: 'test', principal: anonymous }, () =>
        imports.run({
          type,
          bytes: (async function* () {
            yield Buffer.from(text);
          })(),
        }),
      );
    const rejections = [
      (await run('text/csv', 'Handle,Title,Variant Price\nmug,Mug,1.5\n')).rejected,
      (await run('application/x-ndjson', `{"title":"Mug",${sold}}`)).rejected,
    ];
    expect(brought.map(({ variants }) => variants[0]!.price)).toEqual([
      { amount: 1_500, currency: 'KWD' },
      { amount: 100, currency: 'EUR' },
    ]);
    const { pointer, ...row } = differs;
    expect(rejections).toEqual([[{ line: 2, ...row }], [{ line: 1, ...row, pointer }]]);
  });

  it('tells of 1,000 rejections, and counts all', async () => {
    const { report } = await imported(rows(1_200), () => true);
    expect(report.rejected).toHaveLength(1_000);
    expect(report.rejectedCount).toBe(1_200);
  });

  it('refuses a file that is none', async () => {
    await expect(imported(['1,2'], undefined, 'x,y')).rejects.toMatchObject({
      code: 'catalog.import.columns_missing',
      status: 422,
    });
    await expect(imported([], undefined, '')).rejects.toMatchObject({ code: 'catalog.import.file_empty', status: 422 });
  });

  it.each([
    ['text/csv', 'Handle,Title,Body (HTML),Variant Price\n', (n: number, text: string) => `p${n},P,${text},1.00\n`],
    ['application/x-ndjson', '', (n: number, text: string) => `{"title":"P${n}","description":"${text}",${sold}}\n`],
  ])('reads 6 MB of %s only as fast as they are written, and holds two batches', async (type, header, product) => {
    const text = 'x'.repeat(3_000);
    let read = 0;
    let written = 0;
    let held = 0;
    async function* file() {
      if (header) yield Buffer.from(header);
      for (; read < 2_000; read++) yield Buffer.from(product(read, text));
    }
    const execute = async ({ products }: ImportProducts) => {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      held = Math.max(held, read - written);
      written += products.length;
      return { created: products.length, updated: 0, unchanged: 0, rejected: [] };
    };
    const imports = new ProductImport({ execute } as unknown as CommandBus, catalog());
    const report = await runIn({ correlationId: 'test', principal: anonymous }, () =>
      imports.run({ type, bytes: file() }),
    );
    expect(report).toMatchObject({ created: 2_000, rejectedCount: 0 });
    expect(held).toBeGreaterThan(100);
    expect(held).toBeLessThan(205);
  });

  it('goes in smaller batches where products are large', async () => {
    const text = 'x'.repeat(400_000);
    const { batches } = await imported(
      ['a', 'b', 'c'].map((handle) => `${handle},${handle},1.00,${text}`),
      undefined,
      'Handle,Title,Variant Price,Body (HTML)',
    );
    expect(batches).toEqual([2, 1]);
  });

  it('ends with its file: what was read until a client went away is not lost, and nothing comes after', async () => {
    const brought: number[] = [];
    const execute = async ({ products }: ImportProducts) => {
      brought.push(products.length);
      return { created: products.length, updated: 0, unchanged: 0, rejected: [] };
    };
    async function* broken() {
      yield Buffer.from(['Handle,Title,Variant Price', ...rows(250), ''].join('\n'));
      throw new Error('gone');
    }
    const imports = new ProductImport({ execute } as unknown as CommandBus, catalog());
    const running = runIn({ correlationId: 'test', principal: anonymous }, () =>
      imports.run({ type: 'text/csv', bytes: broken() }),
    );
    await expect(running).rejects.toThrow('gone');
    expect(brought).toEqual([100, 100]);
  });
});
