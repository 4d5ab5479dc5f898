import { describe, expect, it } from '@jest/globals';
import type { Environment } from '#kernel/base';
import { checkEnvironment } from './check-environment.js';
import { type Carrier, monolith, type Topology } from './topology.js';

const split: Topology = {
  file: 't.yaml',
  calls: 'redis',
  events: 'redis',
  partitions: 16,
  processes: new Map([
    ['gateway', { http: true, contexts: [] }],
    ['shop', { http: false, contexts: ['cart'] }],
  ]),
};
const carriers: Carrier[] = [
  {
    name: 'redis',
    carries: ['calls', 'events'],
    address: { setting: 'REDIS_URL', example: 'redis://localhost:6379' },
    check: ({ REDIS_CA_FILE }) => (REDIS_CA_FILE ? ['REDIS_CA_FILE: is of no use'] : []),
  },
  { name: 'direct', carries: ['calls'], check: () => [] },
  {
    name: 'kafka',
    carries: ['calls', 'events'],
    address: { setting: 'KAFKA_BROKERS', example: 'localhost:9092' },
    check: ({ KAFKA_CA_FILE }) => (KAFKA_CA_FILE ? ['KAFKA_CA_FILE: is of no use'] : []),
  },
];
const check = (topology: Topology, environment: Environment, process?: string) =>
  checkEnvironment(topology, environment, carriers, process);
const redis = { REDIS_URL: 'redis://localhost:6379' };

describe('the environment of a topology', () => {
  it('says which process this is', () => {
    expect(check(split, { ...redis, CLEAVE_PROCESS: 'shop' })).toBe('shop');
    expect(check(split, { ...redis, CLEAVE_PROCESS: 'shop' }, 'gateway')).toBe('gateway');
  });

  it('need say nothing to a monolith, in production neither', () => {
    expect(check(monolith(['cart']), { NODE_ENV: 'production' })).toBe('monolith');
  });

  it('holds the key that signs what leaves a process in production', () => {
    const environment = { ...redis, NODE_ENV: 'production', CLEAVE_PROCESS: 'shop', CLEAVE_BUS_KEY: 'secret' };
    expect(check(split, environment)).toBe('shop');
  });

  it.each<[string, Topology, Record<string, string>, string[]]>([
    [
      'no broker',
      split,
      { CLEAVE_PROCESS: 'shop' },
      ['REDIS_URL=: must be set, since calls and events of t.yaml go by redis, as redis://localhost:6379'],
    ],
    [
      'one broker of two',
      { ...split, events: 'kafka' },
      { ...redis, CLEAVE_PROCESS: 'shop' },
      ['KAFKA_BROKERS=: must be set, since events of t.yaml go by kafka, as localhost:9092'],
    ],
    [
      'no process among several',
      split,
      { ...redis, CLEAVE_PROCESS: '' },
      ['CLEAVE_PROCESS=: t.yaml has several processes: say which this is, gateway or shop'],
    ],
    [
      'a misspelt process',
      split,
      { ...redis, CLEAVE_PROCESS: 'gatway' },
      ['CLEAVE_PROCESS=gatway: t.yaml has no such process: did you mean "gateway"? It has gateway and shop'],
    ],
    [
      'another process than the monolith',
      monolith(['cart']),
      { CLEAVE_PROCESS: 'shop' },
      ['CLEAVE_PROCESS=shop: the monolith has no processes: set CLEAVE_TOPOLOGY too, or neither'],
    ],
    [
      'settings of its broker that do not go together, whatever those of another say',
      split,
      { ...redis, CLEAVE_PROCESS: 'shop', REDIS_CA_FILE: 'redis.pem', KAFKA_CA_FILE: 'kafka.pem' },
      ['REDIS_CA_FILE: is of no use'],
    ],
    [
      'all of it in production',
      split,
      { NODE_ENV: 'production' },
      [
        'CLEAVE_PROCESS=: t.yaml has several processes: say which this is, gateway or shop',
        'REDIS_URL=: must be set, since calls and events of t.yaml go by redis, as redis://localhost:6379',
        'CLEAVE_BUS_KEY=: must be set in production, where messages of t.yaml leave the process: one secret for all processes, as from openssl rand -base64 32',
      ],
    ],
  ])('with %s is refused', (_, topology, environment, problems) => {
    expect(() => check(topology, environment)).toThrow(expect.objectContaining({ name: 'WrongTopology', problems }));
  });
});
