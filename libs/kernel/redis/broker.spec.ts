import { expect, it } from '@jest/globals';
import { redis } from './broker.js';

it('wants no certificates where the connection is not encrypted', () => {
  const plain = { REDIS_URL: 'redis://localhost:6379', REDIS_CA_FILE: 'redis.pem' };
  expect(redis.check(plain)).toEqual([
    'REDIS_CA_FILE: REDIS_URL is redis://, which is not encrypted: write rediss://, or unset REDIS_CA_FILE',
  ]);
  expect(redis.check({ ...plain, REDIS_URL: 'rediss://localhost:6379' })).toEqual([]);
  expect(redis.check({})).toEqual([]);
});
