import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '#kernel/testing';
import { type IdleSource, idleSource } from '#kernel/testing/trial';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { CursorAdmin } from './cursor-admin.js';
import type { Destination } from './destination.js';
import { Relay } from './relay.js';
import { replay } from './replay.js';
import { Retention } from './retention.js';

/** Keeps the keys of the messages that it is given. */
class Heard implements Destination {
  readonly batch = 2;
  readonly keys: string[] = [];
  /** A delivery waits for it. */
  gate: Promise<unknown> = Promise.resolve();

  constructor(
    readonly name: string,
    readonly from: Destination['from'],
  ) {}

  wants(): boolean {
    return true;
  }

  async deliver(_: string, rows: readonly { readonly key: string }[]): Promise<void> {
    await this.gate;
    this.keys.push(...rows.map(({ key }) => key));
  }
}

describe('the relay', () => {
  let idle: IdleSource;
  let source: Database;
  let running: Relay | undefined;

  beforeEach(async () => {
    idle = await idleSource({ transactionTimeoutMs: 30_000 });
    source = idle.database;
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    await idle.close();
  });

  const publish = (...keys: string[]) =>
    source.query(sql`
      insert into outbox (message_id, slot, name, key, payload, correlation_id)
      select gen_random_uuid(), 3, 'source.counted.v1', key, '{}', 'x' from unnest(${keys}::text[]) key`);
  const read = async (...destinations: Destination[]) => {
    await running?.stop();
    running = new Relay(source, { instance: 'reader', destinations });
    await running.register();
    running.start();
  };
  const heard = (one: Heard, ...keys: string[]) =>
    until(() => one.keys.length >= keys.length, 'they are delivered').then(() => expect(one.keys).toEqual(keys));
  const standStill = async () => {
    await running?.stop();
    running = undefined;
  };
  const ages = (destination: string) =>
    source.query(
      sql`update outbox_cursor set read_at = read_at - interval '25 hours' where destination = ${destination}`,
    );
  const destinations = async () =>
    (await source.query<{ destination: string }>(sql`select distinct destination from outbox_cursor order by 1`)).map(
      ({ destination }) => destination,
    );

  it('begins, for a destination whose messages went another way so far, where the one stands that has read least', async () => {
    await publish('a', 'b');
    const [slow, quick] = [new Heard('slow', 'earliest'), new Heard('quick', 'earliest')];
    await read(slow, quick);
    await heard(slow, 'a', 'b');
    await heard(quick, 'a', 'b');
    await standStill();
    await publish('c');
    await read(quick);
    await heard(quick, 'a', 'b', 'c');
    await standStill();
    await publish('d');
    const [late, fresh] = [new Heard('late', 'least'), new Heard('fresh', 'now')];
    await read(late, fresh);
    await heard(late, 'c', 'd');
    await publish('e');
    await heard(fresh, 'e');
  });

  it('begins at the first message where no destination has read yet', async () => {
    await publish('a');
    const first = new Heard('first', 'least');
    await read(first);
    await heard(first, 'a');
  });

  it('does not begin at the old cursor of a destination that was not read to for a day', async () => {
    await publish('a');
    const [old, other] = [new Heard('old', 'earliest'), new Heard('other', 'earliest')];
    await read(old);
    await heard(old, 'a');
    await publish('b');
    await read(other);
    await heard(other, 'a', 'b');
    await standStill();
    await ages('old');
    await publish('c');
    await read(old, other);
    await heard(old, 'a', 'c');
  });

  it('loses the cursors of destinations that no process reads to', async () => {
    await read(new Heard('old', 'earliest'), new Heard('other', 'earliest'));
    await standStill();
    await ages('old');
    await new Retention(source, idle.clock, { outbox: 7, inbox: 14, calls: 3 }).maintain();
    expect(await destinations()).toEqual(['other']);
  });

  it('goes back to an instant on demand, after the running delivery, and not for a destination that has not come so far', async () => {
    await publish('a', 'b', 'c');
    const [ready, held] = [new Heard('ready', 'earliest'), new Heard('held', 'earliest')];
    const gate = Promise.withResolvers<undefined>();
    held.gate = gate.promise;
    await read(ready, held);
    await heard(ready, 'a', 'b', 'c');
    const told = await until(async () => {
      const answer = await replay(source, '2000-01-01T00:00:00.000Z', undefined);
      return answer.destinations.length > 0 && answer; // its cursor is stored within seconds
    });
    expect(told).toEqual({ messages: 3, destinations: ['ready'] });
    await heard(ready, 'a', 'b', 'c', 'a', 'b', 'c');
    gate.resolve(undefined);
    await heard(held, 'a', 'b', 'c');
    expect(await replay(source, '2999-01-01T00:00:00.000Z', 'ready')).toEqual({ messages: 0, destinations: [] });
  });

  it('goes back past a transaction that began before the instant and has not ended, and misses no message of it', async () => {
    const ready = new Heard('ready', 'earliest');
    const [begun, gate] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const long = source.transaction(async () => {
      await publish('long');
      begun.resolve(undefined);
      await gate.promise;
    });
    await begun.promise;
    await publish('a', 'b');
    await read(ready);
    await heard(ready, 'a', 'b');
    await standStill();
    expect(await replay(source, '2000-01-01T00:00:00.000Z', undefined)).toEqual({
      messages: 2,
      destinations: ['ready'],
    });
    await read(ready);
    await heard(ready, 'a', 'b', 'a', 'b');
    gate.resolve(undefined);
    await long;
    await heard(ready, 'a', 'b', 'a', 'b', 'long');
  });

  it('has cursors that can be inspected and deleted from outside', async () => {
    await publish('a', 'b');
    const one = new Heard('one', 'earliest');
    await read(one);
    await heard(one, 'a', 'b');
    await standStill();
    await publish('c');
    const positions = await CursorAdmin.connect('source', idle.url);
    expect(await positions.missing(['one', 'two'])).toEqual(['two']);
    expect(await positions.waiting(['one'])).toBe(1);
    await positions.forget(['one']);
    expect(await positions.missing(['one', 'two'])).toEqual(['one', 'two']);
    await positions.close();
  });
});
