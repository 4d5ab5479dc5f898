import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { anyone, owner } from './access.js';
import { Failure } from './failure.js';
import { command, event, keyOf, query } from './message.js';
import { Instant, Money, personal, redact, text, Uuid } from './schema.js';

class PlaceOrder extends command('ordering.place-order.v1', {
  access: owner(),
  key: 'cartId',
  input: z.object({ cartId: Uuid, email: personal(z.email()), note: text().optional() }),
  output: z.object({ orderId: Uuid }),
  errors: {
    'ordering.cart_empty': { status: 409 },
    'ordering.gone': { status: 410, details: z.object({ sku: text() }) },
  },
}) {}

/** Names that every object has without having such a field. */
const inherited = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'];

describe('a message', () => {
  it('is an instance of its class with its fields, and says what it is', () => {
    const order = new PlaceOrder({ cartId: 'c', email: 'a@b.c' });
    expect(order.cartId).toBe('c');
    expect(keyOf(order)).toBe('c');
    expect(PlaceOrder.messageName).toBe('ordering.place-order.v1');
    expect(PlaceOrder.context).toBe('ordering');
  });

  it('makes the errors that it declares, and no other', () => {
    expect(PlaceOrder.failure('ordering.cart_empty')).toMatchObject({ code: 'ordering.cart_empty', status: 409 });
    expect(PlaceOrder.failure('ordering.gone', { sku: 'A' })).toBeInstanceOf(Failure);
    // @ts-expect-error undeclared
    expect(() => PlaceOrder.failure('ordering.unheard_of')).toThrow('declares no error');
    // @ts-expect-error undeclared
    for (const code of inherited) expect(() => PlaceOrder.failure(code)).toThrow('declares no error');
  });

  it('does not compile without access', () => {
    // @ts-expect-error access is missing
    expect(query('a.b.v1', { input: z.object({}), output: z.object({}) })).toBeDefined();
  });

  it.each([
    ['a Date', z.date()],
    ['a Map', z.map(text(), text())],
    ['a BigInt', z.bigint()],
    ['any', z.any()],
    ['unknown', z.unknown()],
    ['a transform', text().transform((value) => value.length)],
    ['coercion', z.coerce.number()],
    ['a preprocess', z.preprocess((value) => value, text())],
    ['a catch', text().catch('x')],
    ['a class instance', z.instanceof(URL)],
    ['a promise', z.promise(text())],
    ['a string that lets U+0000 through', z.string()],
    ['one of these deep inside', z.object({ list: z.array(z.object({ at: z.date().optional() })) })],
  ])('is refused at its declaration when it holds %s', (_, schema) => {
    expect(() => event('a.b.v1', { key: 'id', data: z.object({ id: Uuid, schema }) })).toThrow(TypeError);
    expect(() => query('a.b.v1', { access: anyone, input: z.object({}), output: z.object({ schema }) })).toThrow(
      TypeError,
    );
  });

  it('carries every JSON value', () => {
    const data = z.object({
      id: Uuid,
      at: Instant,
      price: Money,
      kind: z.enum(['a', 'b']),
      either: z.discriminatedUnion('type', [
        z.object({ type: z.literal('x') }),
        z.object({ type: z.literal('y'), n: z.int() }),
      ]),
      map: z.record(text(), z.number()),
      list: z.tuple([z.boolean(), z.null()]),
      maybe: z.email().nullable().optional(),
    });
    expect(() => event('a.b.v1', { key: 'id', data })).not.toThrow();
  });

  it.each(['order', 'Ordering.place.v1', 'ordering.place', 'ordering.place.v0'])(
    'is refused under the name %s',
    (name) => {
      expect(() => event(name, { key: 'id', data: z.object({ id: Uuid }) })).toThrow(
        'must read <context>.<message>.v<N>',
      );
    },
  );
});

describe('personal data', () => {
  it('is hidden wherever its field stands', () => {
    const schema = z.object({
      id: Uuid,
      to: z.array(z.object({ email: personal(z.email()).optional(), city: text() })),
    });
    expect(redact(schema, { id: '1', to: [{ email: 'a@b.c', city: 'Ulm' }, { city: 'Bonn' }] })).toEqual({
      id: '1',
      to: [{ email: '[personal]', city: 'Ulm' }, { city: 'Bonn' }],
    });
  });

  it.each(inherited)('are redacted beside an unknown field called %s', (name) => {
    const sent = JSON.parse(`{"email":"a@b.c","${name}":1}`) as unknown;
    expect(JSON.stringify(redact(z.object({ email: personal(z.email()) }), sent))).toBe(
      `{"email":"[personal]","${name}":1}`,
    );
  });
});
