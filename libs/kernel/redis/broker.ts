import type { Environment } from '#kernel/base';
import type { Broker } from '#kernel/brokers';
import { RedisSettings } from './settings.js';

/** Calls over Redis' lists, events over its streams. */
export const redis: Broker = {
  name: 'redis',
  carries: ['calls', 'events'],
  settings: RedisSettings,
  address: { setting: 'REDIS_URL', example: 'redis://localhost:6379' },
  check,
  calls: async (options) => {
    const [{ RedisCalls }, { redisOptions }] = await Promise.all([import('./redis-calls.js'), import('./options.js')]);
    return new RedisCalls(redisOptions(options));
  },
  events: async (options) => {
    const [{ RedisEvents }, { redisOptions }] = await Promise.all([
      import('./redis-events.js'),
      import('./options.js'),
    ]);
    return new RedisEvents({ ...redisOptions(options), partitions: options.partitions });
  },
  local: {
    name: 'redis',
    port: 'redis',
    setting: 'REDIS_URL',
    start: async (options) => (await import('./local.js')).startRedis(options),
  },
};

function check({ REDIS_CA_FILE, REDIS_URL }: Environment): string[] {
  if (!REDIS_CA_FILE || !REDIS_URL || REDIS_URL.startsWith('rediss://')) return [];
  return ['REDIS_CA_FILE: REDIS_URL is redis://, which is not encrypted: write rediss://, or unset REDIS_CA_FILE'];
}
