import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { anyone, authenticated, internal, owner, permission } from '#kernel/messages';
import {
  type ApiSnapshot,
  compareApis,
  compareMessages,
  type Difference,
  type MessageSnapshot,
} from './compatibility.js';
import type { Schema } from './schema-changes.js';

const schema = (type: z.ZodType): Schema => z.toJSONSchema(type, { io: 'input' });
const Price = z.object({ amount: z.int(), currency: z.string() }).meta({ id: 'TrialPrice' });
const LooserPrice = z.object({ amount: z.int(), currency: z.string().optional() }).meta({ id: 'TrialPrice2' });

const message: MessageSnapshot = {
  name: 'shop.buy.v1',
  kind: 'command',
  context: 'shop',
  access: permission('buy'),
  key: 'id',
  sensitive: false,
  repeatable: false,
  input: schema(z.object({ id: z.string() })),
  answer: null,
  errors: { 'shop.closed': { status: 409, message: 'Closed.' } },
  askedBy: [],
  sentBy: [],
  subscribers: [],
};
const sentences = ({ breaking, compatible }: Difference) => ({
  breaking: breaking.map(({ sentence }) => sentence),
  compatible: compatible.map(({ sentence }) => sentence),
});
const between = (before: Partial<MessageSnapshot>, after: Partial<MessageSnapshot>) =>
  sentences(compareMessages([{ ...message, ...before }], [{ ...message, ...after }]));

/** One change of a field, and what it is called where the field goes in, comes out, or does both. */
const changes: [what: string, before: z.ZodType, after: z.ZodType, sentence: string, breaks: ('in' | 'out')[]][] = [
  ['gone', z.object({ a: z.string() }), z.object({}), '$.a is gone', ['in', 'out']],
  [
    'gone, and called as what every object inherits',
    z.object({ constructor: z.string() }),
    z.object({}),
    '$.constructor is gone',
    ['in', 'out'],
  ],
  [
    'new and required, and called as what every object inherits',
    z.object({}),
    z.object({ constructor: z.string() }),
    '$.constructor is new and required',
    ['in'],
  ],
  ['new and optional', z.object({}), z.object({ a: z.string().optional() }), '$.a is new', []],
  ['new with a default', z.object({}), z.object({ a: z.int().default(1) }), '$.a is new', []],
  ['new and required', z.object({}), z.object({ a: z.string() }), '$.a is new and required', ['in']],
  [
    'required at last',
    z.object({ a: z.string().optional() }),
    z.object({ a: z.string() }),
    '$.a is required now',
    ['in'],
  ],
  [
    'optional at last',
    z.object({ a: z.string() }),
    z.object({ a: z.string().optional() }),
    '$.a is optional now',
    ['out'],
  ],
  [
    'nullable at last',
    z.object({ a: z.string() }),
    z.object({ a: z.string().nullable() }),
    '$.a now allows null',
    ['out'],
  ],
  [
    'never null',
    z.object({ a: z.string().nullable() }),
    z.object({ a: z.string() }),
    '$.a no longer allows null',
    ['in'],
  ],
  [
    'wider in type',
    z.object({ a: z.int() }),
    z.object({ a: z.union([z.int(), z.string()]) }),
    '$.a now allows string',
    ['out'],
  ],
  [
    'any number',
    z.object({ a: z.int().min(0).max(9) }),
    z.object({ a: z.number().min(0).max(9) }),
    '$.a is number, no longer integer',
    ['out'],
  ],
  ['one value richer', z.object({ a: z.enum(['x']) }), z.object({ a: z.enum(['x', 'y']) }), '$.a now allows "y"', []],
  [
    'one value poorer',
    z.object({ a: z.enum(['x', 'y']) }),
    z.object({ a: z.enum(['x']) }),
    '$.a no longer allows "y"',
    ['in'],
  ],
  [
    'limited to values',
    z.object({ a: z.string() }),
    z.object({ a: z.enum(['x']) }),
    '$.a must now be one of "x"',
    ['in'],
  ],
  [
    'any text within limits that the values keep to',
    z.object({ a: z.enum(['x']) }),
    z.object({ a: z.string().min(1).max(1).regex(/^x$/) }),
    '$.a is no longer one of a few values',
    ['out'],
  ],
  [
    'smaller',
    z.object({ a: z.array(z.int().max(9)) }),
    z.object({ a: z.array(z.int().max(8)) }),
    '$.a[*] has maximum 8 instead of 9',
    ['in'],
  ],
  [
    'larger',
    z.object({ a: z.string().max(8) }),
    z.object({ a: z.string().max(9) }),
    '$.a has maxLength 9 instead of 8',
    ['out'],
  ],
  [
    'limited',
    z.record(z.string(), z.string()),
    z.record(z.string(), z.string().min(1)),
    '$.* is now limited by minLength 1',
    ['in'],
  ],
  [
    'of another pattern',
    z.object({ a: z.string().regex(/a/) }),
    z.object({ a: z.string().regex(/b/) }),
    '$.a has pattern "b" instead of "a"',
    ['in', 'out'],
  ],
  [
    'changed behind a reference',
    z.object({ a: Price.nullable() }),
    z.object({ a: LooserPrice.nullable() }),
    '$.a.currency is optional now',
    ['out'],
  ],
  [
    'another kind of thing',
    z.object({ a: z.discriminatedUnion('t', [z.object({ t: z.literal('x') })]) }),
    z.object({ a: z.discriminatedUnion('t', [z.object({ t: z.literal('x') }), z.object({ t: z.literal('y') })]) }),
    '$.a now allows object with t "y"',
    ['out'],
  ],
];

describe('a contract whose field is', () => {
  it.each(changes)('%s', (_, before, after, sentence, breaks) => {
    const input = between({ input: schema(before) }, { input: schema(after) });
    const answer = between({ answer: schema(before) }, { answer: schema(after) });
    const event = between({ kind: 'event', input: schema(before) }, { kind: 'event', input: schema(after) });
    for (const [difference, what, broken] of [
      [input, 'input', breaks.includes('in')],
      [answer, 'answer', breaks.includes('out')],
      [event, 'data', breaks.length > 0],
    ] as const) {
      const [told, ...others] = broken ? difference.breaking : difference.compatible;
      expect(told).toContain(`shop.buy.v1: ${what} ${sentence}`);
      expect([...others, ...(broken ? difference.compatible : difference.breaking)]).toEqual([]);
    }
  });
});

describe('a contract', () => {
  it.each<[string, Partial<MessageSnapshot>, Partial<MessageSnapshot>]>([
    ['access is permission buy, was anyone', { access: anyone }, {}],
    ['access is permission sell, was permission buy', {}, { access: permission('sell') }],
    ['access is internal, was owner', { access: owner() }, { access: internal }],
    ['access is owner, was owner or permission buy', { access: owner('buy') }, { access: owner() }],
    ['key is sku, was id', {}, { key: 'sku' }],
    ['is a query, was a command', {}, { kind: 'query' }],
    [
      'error shop.closed has status 410, was 409',
      {},
      { errors: { 'shop.closed': { status: 410, message: 'Closed.' } } },
    ],
    ['answer went', { answer: schema(z.object({})) }, {}],
    ['is sensitive now: a repeat no longer gets its answer', {}, { sensitive: true }],
  ])('breaks its users: %s', (sentence, before, after) => {
    expect(between(before, after)).toEqual({ breaking: [`shop.buy.v1: ${sentence}`], compatible: [] });
  });

  it.each<[string, Partial<MessageSnapshot>, Partial<MessageSnapshot>]>([
    ['access is anyone, was permission buy', {}, { access: anyone }],
    ['access is owner or permission buy, was permission buy', {}, { access: owner('buy') }],
    ['access is authenticated, was permission buy', {}, { access: authenticated }],
    ['shop.mailer listens now', {}, { subscribers: ['shop.mailer'] }],
    ['shop.mailer no longer listens', { subscribers: ['shop.mailer'] }, {}],
    ['error shop.closed is gone', {}, { errors: {} }],
    ['error shop.closed is new', { errors: {} }, {}],
    ['is repeatable now', {}, { repeatable: true }],
  ])('breaks nobody: %s', (sentence, before, after) => {
    expect(between(before, after)).toEqual({ breaking: [], compatible: [`shop.buy.v1: ${sentence}`] });
  });

  it('may come, and may not go', () => {
    expect(sentences(compareMessages([message], []))).toEqual({
      breaking: ['shop.buy.v1: the message is gone'],
      compatible: [],
    });
    expect(sentences(compareMessages([], [message]))).toEqual({
      breaking: [],
      compatible: ['shop.buy.v1: the message is new'],
    });
  });

  it('breaks those who send a value of a former enumeration that exceeds the new limit', () => {
    const { breaking } = between({ input: schema(z.enum(['x', 'long'])) }, { input: schema(z.string().max(3)) });
    expect(breaking).toEqual(['shop.buy.v1: input $ is now limited by maxLength 3']);
  });

  it('is told apart by its meaning alone, not by its words', () => {
    expect(
      between({ input: schema(z.string().describe('old')) }, { input: schema(z.string().describe('new')) }),
    ).toEqual({ breaking: [], compatible: [] });
  });
});

describe('an operation', () => {
  const json = (type: z.ZodType) => ({ content: { 'application/json': { schema: schema(type) } } });
  const made = { ...json(z.object({ id: z.string() })), headers: { Location: {} } };
  const closed = { description: '- `shop.closed`: Closed.', ...json(z.object({ code: z.string() })) };
  const operation = {
    operationId: 'placeOrder',
    security: [{}],
    parameters: [{ name: 'limit', in: 'query', required: false, schema: schema(z.int().max(100)) }],
    requestBody: { required: true, ...json(z.object({ sku: z.string() })) },
    responses: { '201': made, '409': closed },
  };
  const api = (post: object): ApiSnapshot => ({ paths: { '/carts': { post: { ...operation, ...post } } } });
  const limit = operation.parameters[0]!;
  const apisBetween = (before: ApiSnapshot, after: ApiSnapshot) => sentences(compareApis(before, after));

  it.each<[string, object]>([
    ['is called buy in generated clients, was placeOrder', { operationId: 'buy' }],
    ['needs a log-in now', { security: [{ bearer: [] }] }],
    [
      'answer 201 no longer has the header Location',
      { responses: { ...operation.responses, '201': json(z.object({ id: z.string() })) } },
    ],
    ['error shop.closed has status 410, was 409', { responses: { '201': made, '410': closed } }],
    ['status 201 is gone', { responses: { '200': operation.responses['201'] } }],
    ['answer 201 $.id is gone', { responses: { '201': { ...made, ...json(z.object({})) } } }],
    ['answer 201 as application/json is gone', { responses: { '201': { headers: made.headers } } }],
    ['body $.n is new and required', { requestBody: json(z.object({ sku: z.string(), n: z.int() })) }],
    ['query parameter limit is gone', { parameters: [] }],
    ['query parameter limit is required now', { parameters: [{ ...limit, required: true }] }],
    [
      'query parameter limit $ has maximum 50 instead of 100',
      { parameters: [{ ...limit, schema: schema(z.int().max(50)) }] },
    ],
    [
      'query parameter page is new and required',
      { parameters: [limit, { name: 'page', in: 'query', required: true }] },
    ],
  ])('breaks its clients: %s', (sentence, post) => {
    expect(apisBetween(api({}), api(post))).toEqual({ breaking: [`POST /carts: ${sentence}`], compatible: [] });
  });

  it('may gain a parameter and a field, and lose an error', () => {
    const after = {
      parameters: [limit, { name: 'page', in: 'query' }],
      responses: { '201': { ...made, ...json(z.object({ id: z.string(), n: z.int() })) } },
    };
    expect(apisBetween(api({}), api(after))).toEqual({
      breaking: [],
      compatible: ['POST /carts: query parameter page is new', 'POST /carts: answer 201 $.n is new and required'],
    });
  });

  it('may come, and may not go', () => {
    expect(apisBetween(api({}), { paths: {} }).breaking).toEqual(['POST /carts: the operation is gone']);
    expect(apisBetween({ paths: {} }, api({})).compatible).toEqual(['POST /carts: the operation is new']);
  });

  it('is compared through references into the document', () => {
    const referring = (type: z.ZodType) => ({
      ...api({
        responses: { '201': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Cart' } } } } },
      }),
      components: { schemas: { Cart: schema(type) } },
    });
    expect(apisBetween(referring(z.object({ id: z.string() })), referring(z.object({}))).breaking).toEqual([
      'POST /carts: answer 201 $.id is gone',
    ]);
  });
});
