import { describe, expect, it } from '@jest/globals';
import { Clock, WrongSettings } from '#kernel/base';
import { EdgeSettings } from './edge-settings.js';
import { Quota } from './quota.js';
import { clientAt } from './rate-limits.js';

class SetClock extends Clock {
  seconds = 1_000;
  now(): number {
    return this.seconds * 1_000;
  }
}

describe('a quota', () => {
  const quotaOf = (requests: number, seconds: number) => {
    const clock = new SetClock();
    return { clock, quota: new Quota(clock, { requests, seconds }) };
  };

  it('is there at once, and refused beyond', () => {
    const { quota } = quotaOf(300, 60);
    const all = Array.from({ length: 300 }, () => quota.take('a'));
    expect(all.map(({ admitted, remaining }) => [admitted, remaining])).toEqual(
      all.map((_, index) => [true, 299 - index]),
    );
    expect(quota.take('a')).toEqual({ admitted: false, remaining: 0, next: 1 });
  });

  it('comes back evenly, and never to more than the whole', () => {
    const { clock, quota } = quotaOf(3, 30);
    for (const remaining of [2, 1, 0]) expect(quota.take('a')).toEqual({ admitted: true, remaining, next: 10 });
    clock.seconds += 4;
    expect(quota.take('a')).toEqual({ admitted: false, remaining: 0, next: 6 });
    clock.seconds += 6;
    expect(quota.take('a')).toEqual({ admitted: true, remaining: 0, next: 10 });
    expect(quota.take('a').admitted).toBe(false);
    clock.seconds += 3_600;
    expect(quota.take('a')).toEqual({ admitted: true, remaining: 2, next: 10 });
  });

  it('costs nothing where it is refused', () => {
    const { clock, quota } = quotaOf(1, 10);
    expect(quota.take('a').admitted).toBe(true);
    for (let second = 1; second < 10; second++) {
      clock.seconds += 1;
      expect(quota.take('a')).toEqual({ admitted: false, remaining: 0, next: 10 - second });
    }
    clock.seconds += 1;
    expect(quota.take('a').admitted).toBe(true);
  });

  it('is one for each key', () => {
    const { quota } = quotaOf(1, 60);
    expect([quota.take('a').admitted, quota.take('b').admitted, quota.take('a').admitted]).toEqual([true, true, false]);
  });

  it('keeps nobody out for longer than a window, when the clock is set back', () => {
    const { clock, quota } = quotaOf(1, 60);
    quota.take('a');
    clock.seconds -= 86_400;
    expect(quota.take('a')).toMatchObject({ admitted: false, next: 60 });
  });

  it('forgets who came longest ago rather than grow without end', () => {
    const { quota } = quotaOf(1, 60);
    quota.take('first');
    quota.take('second');
    for (let index = 0; index < 99_999; index++) quota.take(`key ${index}`);
    expect([quota.take('first').admitted, quota.take('key 99998').admitted]).toEqual([true, false]);
  });
});

describe('the network that an address counts for', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
    ['nonsense', 'unknown'],
    ['', 'unknown'],
  ])('of %s is %s', (address, network) => expect(clientAt(address)).toBe(network));
});

describe('the quotas of the settings', () => {
  it('are so many requests in so many seconds, or none', () => {
    expect(new EdgeSettings({ RATE_LIMIT_READS: '1000/1', RATE_LIMIT_WRITES: 'off' })).toMatchObject({
      RATE_LIMIT: true,
      RATE_LIMIT_READS: { requests: 1_000, seconds: 1 },
      RATE_LIMIT_WRITES: undefined,
      RATE_LIMIT_CREDENTIALS: { requests: 300, seconds: 60 },
    });
    expect(new EdgeSettings({})).toMatchObject({ RATE_LIMIT_READS: undefined });
  });

  it.each([
    { RATE_LIMIT: 'yes' },
    { RATE_LIMIT_READS: '0/60' },
    { RATE_LIMIT_WRITES: '600' },
    { RATE_LIMIT_CREDENTIALS: '5/0' },
  ])('are refused where they are written %j', (environment) => {
    expect(() => new EdgeSettings(environment)).toThrow(WrongSettings);
  });
});
