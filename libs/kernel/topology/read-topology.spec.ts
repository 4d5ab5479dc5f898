import { describe, expect, it } from '@jest/globals';
import { mapOf } from './contract-map.js';
import { readTopology } from './read-topology.js';
import { topologyOf } from './topology-file.js';
import { type Known, monolith, WrongTopology } from './topology.js';

const known: Known = {
  contexts: ['cart', 'catalog', 'ordering'],
  carriers: [
    { name: 'redis', carries: ['calls', 'events'], check: () => [] },
    { name: 'kafka', carries: ['calls', 'events'], check: () => [] },
    { name: 'direct', carries: ['calls'], check: () => [] },
  ],
};

function problems(text: string, checks = known): readonly string[] {
  try {
    topologyOf('t.yaml', text, checks);
    return [];
  } catch (error) {
    if (error instanceof WrongTopology) return error.problems;
    throw error;
  }
}

const split = `
calls: redis
events: redis
processes:
  gateway: { http: true }
  desk: { contexts: [cart, ordering] }
  store: { contexts: [catalog] }`;

describe('a topology file', () => {
  it('says which process runs what', () => {
    expect(topologyOf('t.yaml', split, known)).toEqual({
      file: 't.yaml',
      calls: 'redis',
      events: 'redis',
      partitions: 16,
      processes: new Map([
        ['gateway', { http: true, contexts: [] }],
        ['desk', { http: false, contexts: ['cart', 'ordering'] }],
        ['store', { http: false, contexts: ['catalog'] }],
      ]),
    });
  });

  it('may leave everything local in one process, in any order, with anchors', () => {
    const text = `processes: { shop: { contexts: &all [catalog, ordering, cart], http: true } }\npartitions: 4`;
    expect(topologyOf('t.yaml', text, known)).toEqual({
      ...monolith(['catalog', 'ordering', 'cart']),
      file: 't.yaml',
      partitions: 4,
      processes: new Map([['shop', { http: true, contexts: ['catalog', 'ordering', 'cart'] }]]),
    });
  });

  it('may keep events local where one process runs every context', () => {
    expect(
      problems('calls: redis\nprocesses: { gateway: { http: true }, shop: { contexts: [cart, catalog, ordering] } }'),
    ).toEqual([]);
  });
});

const shop = 'processes:\n  shop: { http: true, contexts: [cart, catalog, ordering] }';

describe('the hosts of a process', () => {
  const withHosts = (hosts: string) =>
    topologyOf(
      't.yaml',
      `processes: { shop: { http: true, contexts: [cart, catalog, ordering], at: ${hosts} } }`,
      known,
    );

  it.each([
    ['names, with a port or without', '[desk.shop.svc.cluster.local, desk:7400, desk_1]'],
    ['addresses', '[10.0.0.7, 10.0.0.8:7400, "[fd00::7]:7400", "[::1]"]'],
  ])('may be %s', (_, hosts) => {
    expect(withHosts(hosts).processes.get('shop')!.at).toHaveLength(hosts.split(',').length);
  });

  it.each(['desk:0', 'desk:70000', 'desk:', '-desk', 'a b', 'tcp://desk', 'fd00::7', '"[desk]"', '"[fd00::7"'])(
    'may not be %s',
    (host) => {
      expect(() => withHosts(`[${host}]`)).toThrow(
        /t\.yaml:1: ".*" is no host: write a name or an address, as desk\.example/,
      );
    },
  );

  it.each(['desk', '[]', '{ desk: 7400 }'])('are a list, and not %s', (hosts) => {
    expect(() => withHosts(hosts)).toThrow(
      't.yaml:1: at of "shop" is a list of hosts, as [10.0.0.7, desk.example:7400]',
    );
  });
});

describe('a wrong topology file', () => {
  it.each<[what: string, text: string, problems: string[]]>([
    [
      'no YAML',
      `calls: [redis\n${shop}`,
      [expect.stringMatching(/^t\.yaml:2: this is no YAML: ./) as unknown as string],
    ],
    ['empty', '# nothing\n', ['t.yaml:1: a topology is a mapping of calls, events, partitions and processes']],
    ['a list', '- calls', ['t.yaml:1: a topology is a mapping of calls, events, partitions and processes']],
    [
      'a key that was meant otherwise',
      `event: local\n${shop}`,
      ['t.yaml:1: a topology has no key "event": did you mean "events"?'],
    ],
    [
      'a key of nothing',
      `${shop}\nreplicas: 2`,
      ['t.yaml:3: a topology has no key "replicas": it has calls, events, partitions and processes'],
    ],
    [
      'a key of a process',
      'processes:\n  shop: { http: true, context: [cart], contexts: [cart, catalog, ordering] }',
      ['t.yaml:2: the process "shop" has no key "context": did you mean "contexts"?'],
    ],
    [
      'the same key twice',
      `calls: local\nevents: local\ncalls: local\n${shop}`,
      ['t.yaml:3: "calls" stands on line 1 already: remove one of the two'],
    ],
    [
      'the same process twice',
      `${shop}\n  shop: { contexts: [cart] }`,
      ['t.yaml:3: "shop" stands on line 2 already: remove one of the two'],
    ],
    [
      'a misspelt transport',
      `calls: reddis\n${shop}`,
      ['t.yaml:1: calls: there is no transport "reddis": did you mean "redis"?'],
    ],
    [
      'a transport of nobody',
      `events: [pigeon]\n${shop}`,
      ['t.yaml:1: events: there is no transport "[pigeon]": take local, redis or kafka'],
    ],
    [
      'events over what carries calls alone',
      `events: direct\n${shop}`,
      ['t.yaml:1: events: "direct" carries no events: take local, redis or kafka'],
    ],
    ['too many partitions', `partitions: 32\n${shop}`, ['t.yaml:1: partitions must be 1, 2, 4, 8 or 16, not 32']],
    ['partitions in words', `partitions: many\n${shop}`, ['t.yaml:1: partitions must be 1, 2, 4, 8 or 16, not many']],
    ['partitions in quotes', `partitions: "8"\n${shop}`, ['t.yaml:1: partitions must be 1, 2, 4, 8 or 16, not "8"']],
    ['two documents', `calls: local\n---\n${shop}`, ['t.yaml:2: this is no YAML: Source contains multiple documents']],
    ['an anchor that is nowhere', `calls: *nowhere\n${shop}`, ['t.yaml:1: nothing is called &nowhere before *nowhere']],
    [
      'no processes',
      'calls: local',
      [
        't.yaml:1: there are no processes: name one at least below "processes", as library: { http: true, contexts: [lending, members] }',
      ],
    ],
    [
      'processes in a list',
      'calls: local\nprocesses: [shop]',
      [
        't.yaml:2: there are no processes: name one at least below "processes", as library: { http: true, contexts: [lending, members] }',
      ],
    ],
    [
      'a name of two words',
      'processes:\n  The shop: { http: true, contexts: [cart, catalog, ordering] }',
      [
        't.yaml:2: "The shop" is no name for a process: write 40 small letters, digits and hyphens at most, a letter first, as gateway or lending-desk',
      ],
    ],
    [
      'an empty process',
      `calls: redis\n${shop}\n  spare:`,
      ['t.yaml:4: the process "spare" runs nothing: give it contexts or http: true, or remove it'],
    ],
    [
      'a process of no contexts',
      `calls: redis\n${shop}\n  spare: { http: false, contexts: [] }`,
      ['t.yaml:4: the process "spare" runs nothing: give it contexts or http: true, or remove it'],
    ],
    [
      'a process that is a word',
      `calls: redis\n${shop}\n  spare: cart`,
      ['t.yaml:4: the process "spare" is a mapping of http, contexts and at, not cart'],
    ],
    [
      'http in words',
      'processes:\n  shop:\n    http: yes\n    contexts: [cart, catalog, ordering]',
      [
        't.yaml:1: no process serves the API: give one http: true, as gateway: { http: true }',
        't.yaml:3: http of "shop" is true or false, not yes',
      ],
    ],
    [
      'contexts that are a word',
      'processes:\n  shop: { http: true, contexts: cart }',
      [
        ...['cart', 'catalog', 'ordering'].map(
          (context) => `t.yaml:1: the context "${context}" runs nowhere: add it to a process`,
        ),
        't.yaml:2: contexts of "shop" is a list, as [lending, members], not cart',
      ],
    ],
    [
      'a misspelt context',
      'processes:\n  shop:\n    http: true\n    contexts:\n      - cart\n      - catalogue\n      - catalog\n      - ordering',
      ['t.yaml:6: there is no context "catalogue": did you mean "catalog"?'],
    ],
    [
      'a context of another shop',
      `${shop.replace(']', ', shipping]')}`,
      ['t.yaml:2: there is no context "shipping": there are cart, catalog and ordering'],
    ],
    [
      'a context twice in one process',
      'processes:\n  shop: { http: true, contexts: [cart, catalog, ordering,\n    cart] }',
      ['t.yaml:3: "shop" names the context "cart" on line 2 already: remove one of the two'],
    ],
    [
      'a context in two processes',
      `${split}\n  carts: { contexts: [cart] }`,
      [
        't.yaml:8: the context "cart" runs in "carts", and in "desk" on line 6: leave it in one of them; more instances of that share the work',
      ],
    ],
    [
      'a context nowhere',
      split.replace('cart, ', ''),
      ['t.yaml:4: the context "cart" runs nowhere: add it to a process'],
    ],
    [
      'no API',
      split.replace('gateway: { http: true }', '# none'),
      ['t.yaml:4: no process serves the API: give one http: true, as gateway: { http: true }'],
    ],
    [
      'two APIs',
      `${split}\n  edge: { http: true }`,
      [
        't.yaml:8: "edge" serves the API, and so does "gateway" on line 5: leave http: true to one of them; more instances of that share the work',
      ],
    ],
    [
      'local calls between processes',
      split.replace('calls: redis', 'calls: local'),
      [
        't.yaml:2: calls are local, and reach nobody between "gateway" and "desk": say calls: redis, calls: kafka or calls: direct, or run everything in one process',
      ],
    ],
    [
      'local events between contexts',
      split.replace('events: redis', ''),
      [
        't.yaml:4: events are local, and reach nobody between "desk" and "store": say events: redis or events: kafka, or run everything in one process',
      ],
    ],
  ])('with %s is refused', (_, text, told) => {
    expect(problems(text)).toEqual(told);
  });

  it('is told all of it at once, by line', () => {
    expect(
      problems(
        `calls: telepathy\npartitions: 3\nprocesses:\n  a: { http: 1, contexts: [cart] }\n  b: { http: true, contexts: [cart, ordring] }`,
      ),
    ).toEqual([
      't.yaml:1: calls: there is no transport "telepathy": take local, redis, kafka or direct',
      't.yaml:2: partitions must be 1, 2, 4, 8 or 16, not 3',
      't.yaml:3: the context "catalog" runs nowhere: add it to a process',
      't.yaml:3: the context "ordering" runs nowhere: add it to a process',
      't.yaml:3: events are local, and reach nobody between "a" and "b": say events: redis or events: kafka, or run everything in one process',
      't.yaml:4: http of "a" is true or false, not 1',
      't.yaml:5: there is no context "ordring": did you mean "ordering"?',
      't.yaml:5: the context "cart" runs in "b", and in "a" on line 4: leave it in one of them; more instances of that share the work',
    ]);
  });

  it('that lacks a context says who misses it, and what nobody owns', () => {
    const spoken = { askedBy: [], sentBy: [], subscribers: [] };
    const contracts = mapOf([
      { ...spoken, name: 'catalog.get-offers.v1', context: 'catalog', askedBy: ['edge', 'cart'] },
      { ...spoken, name: 'shipping.get-rates.v1', context: 'shipping', askedBy: ['edge', 'cart'] },
      { ...spoken, name: 'ordering.take.v1', context: 'ordering', sentBy: ['cart'] },
      { ...spoken, name: 'shipping.ship.v1', context: 'shipping', sentBy: ['ordering'] },
      { ...spoken, name: 'shipping.shipped.v1', context: 'shipping', subscribers: ['ordering.checkout'] },
    ]);
    const remedy = 'add the context "shipping" to the application, or run npm run contracts where it has left';
    expect(problems(split.replace('catalog', ''), { ...known, contracts })).toEqual([
      't.yaml:4: the context "catalog" runs nowhere, and "cart" calls catalog.get-offers.v1: add it to a process',
      `t.yaml:5: HTTP calls shipping.get-rates.v1, which nobody owns: ${remedy}`,
      `t.yaml:6: "cart" calls shipping.get-rates.v1, which nobody owns: ${remedy}`,
      `t.yaml:6: "ordering" sends shipping.ship.v1, which nobody owns: ${remedy}`,
      `t.yaml:6: "ordering" listens to shipping.shipped.v1, which nobody owns: ${remedy}`,
      't.yaml:7: the process "store" runs nothing: give it contexts or http: true, or remove it',
    ]);
  });

  it('that is not there is told by its name', async () => {
    await expect(readTopology('nowhere.yaml', known)).rejects.toThrow(
      'Wrong topology:\n  nowhere.yaml: there is no such file; a topology is a YAML file, as topologies/monolith.yaml',
    );
  });
});
