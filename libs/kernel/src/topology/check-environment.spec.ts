import { describe, expect, it } from '@jest/globals';
import { checkEnvironment } from './check-environment.js';
import { monolith, type Topology } from './topology.js';

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
const redis = { REDIS_URL: 'redis://localhost:6379' };

describe('the environment of a topology', () => {
  it('says which process this is', () => {
    expect(checkEnvironment(split, { ...redis, CLEAVE_PROCESS: 'shop' })).toBe('shop');
    expect(checkEnvironment(split, { ...redis, CLEAVE_PROCESS: 'shop' }, 'gateway')).toBe('gateway');
  });

  it('need say nothing to a monolith, in production neither', () => {
    expect(checkEnvironment(monolith(['cart']), { NODE_ENV: 'production' })).toBe('monolith');
  });

  it('holds the key that signs what leaves a process in production', () => {
    const environment = { ...redis, NODE_ENV: 'production', CLEAVE_PROCESS: 'shop', CLEAVE_BUS_KEY: 'secret' };
    expect(checkEnvironment(split, environment)).toBe('shop');
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
      'settings of brokers that do not go together',
      monolith(['cart']),
      {
        ...redis,
        REDIS_CA_FILE: 'redis.pem',
        KAFKA_CA_FILE: 'kafka.pem',
        KAFKA_SASL_MECHANISM: 'PLAIN',
        KAFKA_SASL_USERNAME: 'shop',
      },
      [
        'REDIS_CA_FILE: REDIS_URL is redis://, which is not encrypted: write rediss://, or unset REDIS_CA_FILE',
        'KAFKA_CA_FILE: KAFKA_TLS is off, so that no certificate is looked at: set KAFKA_TLS=on, or unset it',
        'KAFKA_SASL_PASSWORD=: must be set with KAFKA_SASL_MECHANISM and KAFKA_SASL_USERNAME, or none of the three',
      ],
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
    expect(() => checkEnvironment(topology, environment)).toThrow(
      expect.objectContaining({ name: 'WrongTopology', problems }),
    );
  });
});
