import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Environment } from '#kernel/base';
import { type Broker, connectSplit } from '#kernel/brokers';
import type { Split } from '#kernel/core';
import type { Topology } from '#kernel/topology';
import { until } from '../until.js';
import { echo, insist } from './call-guarantees.js';
import { messages, reading } from './event-guarantees.js';

/** A certificate in PEM, for 127.0.0.1 alone, until 2126: `server` is signed by `authority`, and by nobody else. */
export const pem = (name: 'server' | 'authority' | 'another'): string =>
  join(import.meta.dirname, '../certificates', `${name}.pem`);

/** Connects by a broker's settings alone, and tells whether that works or is refused. Closes all connections after each test. */
export function securedOver(broker: Broker) {
  const opened: Split[] = [];
  let warnings: string[] = [];
  beforeAll(() => {
    const quiet = () => undefined;
    Logger.overrideLogger({ log: quiet, error: quiet, warn: (line: string) => void warnings.push(line) });
  });
  beforeEach(() => {
    warnings = [];
  });
  afterEach(async () => {
    for (const { calls, events } of opened.splice(0)) await Promise.all([calls?.close(), events?.close()]);
  });

  async function connect(environment: Environment, contexts: readonly string[] = []): Promise<Split> {
    const { name } = broker;
    const processes = new Map([['host', { http: true, contexts: ['shop'] }]]);
    const topology: Topology = { file: 'test.yaml', calls: name, events: name, partitions: 4, processes };
    const split = (await connectSplit({ topology, brokers: [broker], environment, contexts, instance: 'test' }))!;
    opened.push(split);
    return split;
  }

  return {
    /** Asks over it and tells over it. */
    speaks: async (environment: Environment): Promise<void> => {
      const { calls, events } = await connect(environment, ['shop']);
      await until(() => calls!.status === 'connected', 'connected');
      await calls!.serve('shop', echo);
      expect(await insist(calls!, { n: 1 })).toEqual({ n: 1 });
      const log = await events!.open('shop', ['mail']);
      await log.append(0, messages(1, 3), undefined);
      const { taken } = await reading(events!, 'mail', [0]);
      await until(() => taken.length === 3, 'told');
    },

    /** Speaks to nobody, and its log says why. */
    isRefused: async (environment: Environment, why: RegExp): Promise<void> => {
      const { calls } = await connect(environment);
      await until(() => warnings.some((line) => why.test(line)), `a warning of ${why.source}`);
      expect(calls!.status).toBe('away');
    },
  };
}
