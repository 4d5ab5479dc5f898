import { describe, expect, it } from '@jest/globals';
import { cursorAt } from './cursor.js';
import type { Destination, OutboxMessage } from './destination.js';
import { Lane } from './lane.js';

const destination: Destination = {
  name: 'one',
  from: 'earliest',
  batch: 10,
  wants: () => true,
  deliver: async () => {},
};
const message = (sequence: number): OutboxMessage => ({ sequence }) as OutboxMessage;
const messages = (from: number, to: number): OutboxMessage[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
const sequences = (lane: Lane) => lane.next().map(({ sequence }) => sequence);

/** A lane that a poll has shown all of `found`, up to the snapshot. */
function polled(found: readonly OutboxMessage[], snapshot = '1:1:'): Lane {
  const lane = new Lane(destination, 0, cursorAt('0:0:'));
  poll(lane, found, snapshot);
  return lane;
}

function poll(lane: Lane, found: readonly OutboxMessage[], snapshot: string): boolean {
  const reads = lane.pollBegins();
  if (reads) lane.feed(found, cursorAt(snapshot));
  lane.pollEnded(snapshot);
  return reads;
}

describe('a lane', () => {
  it('stores its cursor once more when a poll shows what was handed over, delivered and stored before', () => {
    const lane = polled([]);
    expect(lane.hand([message(1)])).toBe(true);
    lane.deliveredNext(1);
    expect([lane.moved, lane.done]).toEqual([true, cursorAt('1:1:')]);
    lane.moved = false; // stored
    poll(lane, [message(1)], '7:7:');
    expect([lane.next(), lane.moved, lane.done]).toEqual([[], true, cursorAt('7:7:')]);
  });

  it('does not have to be stored where a poll shows nothing new', () => {
    const lane = polled([], '7:7:');
    expect([lane.moved, lane.done]).toEqual([false, cursorAt('7:7:')]);
  });

  it('moves its cursor past a poll once all messages of that poll are delivered', () => {
    const lane = polled(messages(1, 3), '5:5:');
    poll(lane, messages(4, 5), '9:9:');
    lane.deliveredNext(2);
    expect(lane.done).toEqual(cursorAt('0:0:'));
    lane.deliveredNext(1);
    expect(lane.done).toEqual(cursorAt('5:5:'));
    lane.deliveredNext(2);
    expect(lane.done).toEqual(cursorAt('9:9:'));
  });

  it('accepts committed messages without a read only while it has read all that the last poll showed', () => {
    const lane = new Lane(destination, 0, cursorAt('0:0:'));
    expect(lane.hand([message(1)])).toBe(false); // no poll yet
    lane.pollBegins();
    lane.feed([], { seen: '0:0:', upto: '9:9:', after: 7 });
    lane.pollEnded('9:9:');
    expect(lane.hand([message(8)])).toBe(false); // in the middle of a backlog
    poll(lane, [message(8)], '9:9:');
    expect(lane.hand([message(9)])).toBe(true);
    lane.pollBegins();
    lane.pollEnded(null);
    expect(lane.hand([message(10)])).toBe(false); // the poll failed
    expect(sequences(lane)).toEqual([8, 9]);
  });

  it('is read no further while its queue is full, and asks for a poll once the queue is delivered', () => {
    const lane = polled(messages(1, 500), '5:5:');
    expect(lane.beginDelivery()).toBe(true);
    expect(poll(lane, messages(501, 510), '6:6:')).toBe(false);
    expect([lane.isFull, lane.hand([message(511)])]).toEqual([true, false]);
    lane.deliveredNext(500);
    expect(lane.endDelivery()).toBe(true);
    expect(poll(lane, messages(501, 511), '7:7:')).toBe(true);
    expect(sequences(lane)).toEqual([501, 502, 503, 504, 505, 506, 507, 508, 509, 510]);
    expect(lane.beginDelivery()).toBe(true);
    lane.deliveredNext(11);
    expect([lane.endDelivery(), lane.done]).toEqual([false, cursorAt('7:7:')]);
  });

  it('begins one delivery at a time', () => {
    const lane = polled(messages(1, 2));
    expect([lane.beginDelivery(), lane.beginDelivery()]).toEqual([true, false]);
    lane.deliveredNext(2);
    lane.endDelivery();
    expect(lane.beginDelivery()).toBe(false); // nothing is queued
  });

  it('delivers nothing more once it has to go back, or is closed', () => {
    const lane = polled(messages(1, 2));
    lane.rewindTo = cursorAt('0:0:');
    expect(lane.next()).toEqual([]);
    const closed = polled(messages(1, 2));
    closed.beginDelivery();
    closed.close();
    poll(closed, [message(3)], '9:9:');
    expect(closed.next()).toEqual([]);
    closed.endDelivery();
    expect([closed.isClosed, closed.beginDelivery()]).toEqual([true, false]);
  });
});
