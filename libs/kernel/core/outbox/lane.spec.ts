import { describe, expect, it } from '@jest/globals';
import type { Destination, OutboxMessage } from './destination.js';
import { Lane, type Position } from './lane.js';

const destination: Destination = {
  name: 'one',
  from: 'earliest',
  batch: 10,
  wants: () => true,
  deliver: async () => {},
};
const place = (seen: string): Position => ({ seen, upto: null, after: 0 });
const row = (sequence: number): OutboxMessage => ({ sequence }) as OutboxMessage;

describe('a lane', () => {
  it('is to be stored once more when a look shows what was handed over, delivered and stored before', () => {
    const lane = new Lane(destination, 0, place('1:1:'));
    lane.hand([row(1)]);
    lane.took(1);
    expect([lane.moved, lane.done]).toEqual([true, place('1:1:')]);
    lane.moved = false; // stored
    lane.feed([row(1)], place('7:7:'));
    expect([lane.queue, lane.moved, lane.done]).toEqual([[], true, place('7:7:')]);
  });

  it('does not have to be stored for what is not new to it', () => {
    const lane = new Lane(destination, 0, place('1:1:'));
    lane.feed([], place('7:7:'));
    expect([lane.moved, lane.done]).toEqual([false, place('7:7:')]);
  });
});
