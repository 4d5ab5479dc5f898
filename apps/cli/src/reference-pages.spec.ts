import { describe, expect, it } from '@jest/globals';
import type { MessageSnapshot } from './compatibility.js';
import { contextsPage } from './reference-pages.contexts.js';
import { errorsPage, messagesPage } from './reference-pages.js';

const buy: MessageSnapshot = {
  name: 'shop.buy.v1',
  kind: 'command',
  context: 'shop',
  access: { kind: 'anyone' },
  key: null,
  sensitive: false,
  repeatable: false,
  input: { type: 'object', properties: { id: {}, note: {} }, required: ['id'] },
  answer: { $ref: '#/$defs/Order' },
  errors: { 'shop.closed': { status: 409, message: 'Closed.' } },
  askedBy: ['edge', 'mail'],
  sentBy: [],
  subscribers: [],
};
const bought: MessageSnapshot = {
  ...buy,
  name: 'shop.bought.v2',
  kind: 'event',
  key: 'id',
  answer: null,
  errors: {},
  askedBy: [],
  sentBy: [],
  subscribers: ['mail.thanks', 'books.sales'],
};
const api = { paths: {} };

describe('the page of errors', () => {
  it('names each code with those who answer it, and what an import may reject', () => {
    const page = errorsPage([buy, { ...buy, name: 'shop.buy.v2' }], api, {
      'shop.import.price': { message: 'No price.' },
    });
    expect(page).toContain('| `shop.closed` | 409 | Closed. |  | `shop.buy.v1`<br>`shop.buy.v2` |');
    expect(page).toContain('| `shop.import.price` | No price. |');
    expect(errorsPage([buy], api, {})).not.toContain('import');
  });

  it('cannot be made where two messages mean different things by one code', () => {
    const other = { ...buy, name: 'shop.sell.v1', errors: { 'shop.closed': { status: 410, message: 'Closed.' } } };
    expect(() => errorsPage([buy, other], api, {})).toThrow('shop.sell.v1 declares shop.closed otherwise');
  });
});

describe('the page of messages', () => {
  it('shows the shapes in short, each with the line of its schema', () => {
    const page = messagesPage([buy, bought], (place) => 7 + Number(place[1]));
    const shapes = '[`id` `note?`](../../contracts/contracts.json#L7) | [`Order`](../../contracts/contracts.json#L7)';
    expect(page).toContain(`| \`shop.buy.v1\` | anyone | ${shapes} | \`shop.closed\` |  | edge, mail |`);
    expect(page).toContain('(../../contracts/contracts.json#L8) | id | `mail.thanks`, `books.sales` |');
  });
});

describe('the page of contexts', () => {
  it('draws who asks and who hears: all of them, then each context with those beside it', () => {
    const write: MessageSnapshot = {
      ...buy,
      name: 'mail.write.v1',
      context: 'mail',
      key: 'to',
      askedBy: ['shop'],
      sentBy: ['shop', 'books'],
    };
    const [map, mail, shop] = contextsPage([buy, bought, write]).split(/\n## .+\n/);
    expect(map).toContain(
      '  books -->|sends| mail\n  edge -->|asks| shop\n  mail -->|asks| shop\n  shop -->|asks<br>sends| mail\n',
    );
    expect(map).toContain('  shop -.->|tells| books\n  shop -.->|tells| mail\n');
    expect(mail).toContain(
      '  books -->|write| mail\n  mail -->|buy| shop\n  shop -->|write| mail\n  shop -.->|bought v2| mail\n',
    );
    expect(mail).toContain('**Hears**: [`shop.bought.v2`](messages.md#shop)');
    expect(shop).toContain(
      '  edge -->|buy| shop\n  mail -->|buy| shop\n  shop -->|write| mail\n  shop -.->|bought v2| books\n',
    );
  });

  it('draws the messages that every context gets under a name that Mermaid takes, and links to where they stand', () => {
    const page = contextsPage([{ ...buy, name: '*.look.v1', context: '*', askedBy: ['edge'] }]);
    expect(page).toContain('  edge -->|look| every[every context]\n');
    expect(page).toContain(
      '## Every context\n\nWhat it is for and its words: [libs/kernel](../../libs/kernel/README.md)',
    );
    expect(page).toContain('[`*.look.v1`](messages.md#every-context)');
  });
});
