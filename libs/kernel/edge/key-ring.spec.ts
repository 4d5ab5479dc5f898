import { generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { QueryBus } from '@nestjs/cqrs';
import { Clock } from '#kernel/base';
import { KeyRing } from './key-ring.js';

class Jwks {}

class SetClock extends Clock {
  time = 0;
  now(): number {
    return this.time;
  }
}

const jwk = (kid: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid,
});

describe('the key ring', () => {
  let keys: object[];
  let away: boolean;
  let asked: number;
  let clock: SetClock;
  let ring: KeyRing;

  beforeEach(() => {
    [keys, away, asked, clock] = [[jwk('one')], false, 0, new SetClock()];
    const execute = async () => {
      asked++;
      if (away) throw new Error('away');
      return { keys };
    };
    Logger.overrideLogger(false);
    ring = new KeyRing({ execute } as unknown as QueryBus, clock, Jwks);
  });

  it('asks once for all who wait, and then no more for a minute', async () => {
    await Promise.all([ring.key('one'), ring.key('one'), ring.key('one')]);
    clock.time = 60_000;
    await ring.key('one');
    expect(asked).toBe(1);
    clock.time = 60_001;
    await ring.key('one');
    expect(asked).toBe(2);
  });

  it('asks again for a key it does not know, once in ten seconds', async () => {
    await ring.key('one');
    keys.push(jwk('two'));
    await expect(ring.key('two')).rejects.toMatchObject({ code: 'kernel.unauthenticated' });
    expect(asked).toBe(1);
    clock.time = 10_001;
    await ring.key('two');
    await expect(ring.key('three')).rejects.toMatchObject({ code: 'kernel.unauthenticated' });
    expect(asked).toBe(2);
  });

  it('keeps the keys that it has while their owner is away, and has none without', async () => {
    away = true;
    await expect(ring.key('one')).rejects.toThrow('away');
    away = false;
    await ring.key('one');
    away = true;
    clock.time = 100_000;
    expect(await ring.key('one')).toBeDefined();
  });

  it('drops a key that its owner dropped', async () => {
    await ring.key('one');
    keys = [jwk('two')];
    clock.time = 60_001;
    await expect(ring.key('one')).rejects.toMatchObject({ code: 'kernel.unauthenticated' });
  });
});
