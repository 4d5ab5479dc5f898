import { describe, expect, it } from '@jest/globals';
import type { ContractMap, Topology } from '#kernel/topology';
import { drawnTopology, mermaidOf, speech } from './topology-drawing.js';

const contracts: ContractMap = {
  contexts: ['cart', 'ordering', 'stock', 'users'],
  calls: [
    { from: 'edge', to: '*', message: '*.get-flow.v1' },
    { from: 'edge', to: 'cart', message: 'cart.get-cart.v1' },
    { from: 'edge', to: 'cart', message: 'cart.add.v2' },
    { from: 'ordering', to: 'cart', message: 'cart.get-cart.v1' },
    { from: 'ordering', to: 'stock', message: 'stock.count.v1' },
  ],
  sends: [{ from: 'ordering', to: 'stock', message: 'stock.reserve.v1' }],
  events: Array.from({ length: 9 }, (_, index) => ({
    from: 'stock',
    to: 'ordering',
    message: `stock.told-what-happened-${index}.v1`,
  })),
  readersOf: () => [],
  subscribersOf: () => [],
};
const topology: Topology = {
  file: 't.yaml',
  calls: 'redis',
  events: 'redis',
  partitions: 1,
  processes: new Map([
    ['front', { http: true, contexts: ['cart'] }],
    ['back', { http: false, contexts: ['ordering', 'stock', 'users'] }],
  ]),
};

describe('the drawing of a topology', () => {
  it('shows every arrow once, in its process, with its transport: events between contexts go by the broker wherever they run', () => {
    expect(drawnTopology(topology, contracts)).toBe(`t.yaml: calls: redis, events: redis in 1 partition

front
  HTTP
    asks  ──mixed─▶ every context  get-flow
    asks  ──local─▶ cart           add v2, get-cart
  cart
    asks and hears nobody

back
  ordering
    asks  ──redis─▶ cart           get-cart
    asks  ──local─▶ stock          count
    sends ──redis─▶ stock          reserve
    hears ◀─redis── stock          told-what-happened-0, told-what-happened-1, told-what-happened-2,
                                   told-what-happened-3, told-what-happened-4, told-what-happened-5,
                                   told-what-happened-6, told-what-happened-7, told-what-happened-8
  stock
    asks and hears nobody
  users
    asks and hears nobody
`);
  });

  it('is local where everything is', () => {
    const processes = new Map([['shop', { http: true, contexts: contracts.contexts }]]);
    const all: Topology = { ...topology, calls: 'local', events: 'local', processes };
    expect(speech(all)).toBe('calls: local, events: local');
    const drawn = drawnTopology(all, contracts);
    expect(drawn).toContain('asks  ──local─▶ every context');
    expect(drawn).not.toMatch(/redis|mixed/);
  });

  it('is one arrow between two in Mermaid, in a box for each process', () => {
    expect(mermaidOf(topology, contracts)).toBe(`flowchart LR
  subgraph process-front ["front"]
    edge([HTTP])
    cart
  end
  subgraph process-back ["back"]
    ordering
    stock
    users
  end
  edge -->|asks, mixed| every[every context]
  edge -->|asks, local| cart
  ordering -->|asks, redis| cart
  ordering -->|asks, local<br>sends, redis| stock
  stock -.->|tells, redis| ordering
`);
  });
});
