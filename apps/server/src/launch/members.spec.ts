import { describe, expect, it } from '@jest/globals';
import type { Topology } from '#kernel/topology';
import { environmentOf, membersOf, nameOf } from './members.js';

const topology: Topology = {
  file: 'topologies/some.yaml',
  calls: 'redis',
  events: 'redis',
  partitions: 16,
  processes: new Map([
    ['gateway', { http: true, contexts: [] }],
    ['checkout', { http: false, contexts: ['ordering', 'payments'] }],
  ]),
};
const members = membersOf(
  topology,
  new Map([
    ['checkout', 2],
    ['gateway', 2],
  ]),
);
const common = {
  DATABASE_URL: 'postgres://common',
  ORDERING_DATABASE_URL: 'postgres://ordering',
  REDIS_URL: 'redis://broker',
  PORT: '3000',
};
const environments = Object.fromEntries(
  members.map((member) => [nameOf(member), environmentOf(member, { topology, generation: 1, common, port: 3000 })]),
);

describe('The processes of a topology', () => {
  it('are as many of each kind as are asked for, one by default', () => {
    expect(members.map(nameOf)).toEqual(['gateway-1', 'gateway-2', 'checkout-1', 'checkout-2']);
    expect(membersOf(topology, new Map()).map(nameOf)).toEqual(['gateway-1', 'checkout-1']);
    expect(() => membersOf(topology, new Map([['chekout', 2]]))).toThrow(
      '--replicas chekout=…: topologies/some.yaml has no such process, but gateway, checkout.',
    );
  });

  it('know who they are, the same after a restart', () => {
    expect(environments['checkout-2']).toMatchObject({
      CLEAVE_TOPOLOGY: expect.stringMatching(/^\/.*\/topologies\/some\.yaml$/),
      CLEAVE_PROCESS: 'checkout',
      CLEAVE_INSTANCE: 'checkout-2',
    });
    const elsewhere = environmentOf(members[3]!, {
      topology,
      generation: 1,
      common: { ...common, CLEAVE_INSTANCE: 'berlin' },
      port: 3000,
    });
    expect(elsewhere['CLEAVE_INSTANCE']).toBe('berlin-checkout-2'); // machines that share a database name themselves
  });

  it('have a database where they run a context, and none where they do not', () => {
    const urls = ({ DATABASE_URL, ORDERING_DATABASE_URL, REDIS_URL }: (typeof environments)[string]) => [
      DATABASE_URL,
      ORDERING_DATABASE_URL,
      REDIS_URL,
    ];
    expect(urls(environments['checkout-1']!)).toEqual(['postgres://common', 'postgres://ordering', 'redis://broker']);
    expect(urls(environments['gateway-1']!)).toEqual(['', '', 'redis://broker']);
  });

  it('listen on any free port, but for the first that serves the API, where payment providers find it', () => {
    const ports = Object.entries(environments).map(([name, { PORT }]) => [name, PORT]);
    expect(Object.fromEntries(ports)).toEqual({
      'gateway-1': '3000',
      'gateway-2': '0',
      'checkout-1': '0',
      'checkout-2': '0',
    });
    expect(environments['checkout-1']!['PAYMENTS_WEBHOOK_URL']).toBe('http://127.0.0.1:3000/api/v1/webhooks');
  });
});
