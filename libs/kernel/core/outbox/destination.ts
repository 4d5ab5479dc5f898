import type { MessageEnvelope } from '#kernel/messages';

/** A message in an outbox. */
export interface OutboxMessage extends MessageEnvelope {
  /** Grows from message to message. Where two transactions write at once, the one with the lower number may commit later. */
  readonly sequence: number;
  /** Messages of one key share a slot. */
  readonly slot: number;
}

/**
 * Where a destination begins that has no cursor yet. `least`: where the destination stands that has read least, for messages
 * that were delivered in another way so far; they may be delivered again, but none may be missed.
 */
export type Beginning = 'now' | 'earliest' | 'least';

/**
 * Where an outbox is read to: a subscriber in this process, or a broker. Every slot has a cursor of its own for each
 * destination, so a slow destination holds up no other.
 */
export interface Destination {
  /** Stable: the cursors are stored under it. */
  readonly name: string;
  readonly from: Beginning;
  /** How many messages of a slot `deliver` takes at once. */
  readonly batch: number;
  wants(message: MessageEnvelope): boolean;
  /** Takes messages of one slot, in order, all or none. A rejection means: not now, bring them again, in the same order. */
  deliver(publisher: string, messages: readonly MessageEnvelope[]): Promise<void>;
}

/**
 * A log at a broker, which may forget: what it accepted is not yet handled. Beside the cursor of what was appended, a second
 * cursor keeps what all readers have handled; where the log forgot something, reading goes back to that one.
 */
export interface LogDestination extends Omit<Destination, 'deliver'> {
  /** @returns the position of the last message. @throws Forgotten where what was appended up to `after` is gone */
  append(slot: number, messages: readonly MessageEnvelope[], after: string | undefined): Promise<string>;
  /** Whether every reader has passed a position. */
  settle(positions: readonly { readonly slot: number; readonly position: string }[]): Promise<Settlement[]>;
}

export type AnyDestination = Destination | LogDestination;

/** Whether every reader of a log has passed a position in it; `forgotten`: the log no longer has what was appended up to there. */
export type Settlement = 'handled' | 'waiting' | 'forgotten';

/** The broker lost what it had acknowledged: a FLUSHALL, a restart without persistence, a restored backup. */
export class Forgotten extends Error {}

export const isLog = (destination: AnyDestination): destination is LogDestination => 'append' in destination;

/** The name of the cursor that keeps what all readers of a log have handled. */
export const settledName = (log: string): string => `${log}/settled`;

/** The names under which a destination's cursors are stored. */
export const cursorNames = (destination: AnyDestination): string[] =>
  isLog(destination) ? [destination.name, settledName(destination.name)] : [destination.name];
