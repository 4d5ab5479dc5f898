import type { MessageEnvelope } from '#kernel/messages';
import type { Destination } from '../outbox/destination.js';
import type { Take } from '../ports/transport.js';

/** The way into one receiver's inbox, from whichever publisher. */
export interface Inlet extends Destination {
  readonly context: string;
  /** Whether messages of this publisher may be for the receiver. */
  hears(publisher: string): boolean;
}

/** Accepts messages from a log, for every inlet that wants them. */
export const acceptInto =
  (inlets: readonly Inlet[]): Take =>
  async (publisher, messages) => {
    await Promise.all(inlets.map((inlet) => acceptIn(inlet, publisher, messages)));
  };

async function acceptIn(inlet: Inlet, publisher: string, messages: readonly MessageEnvelope[]): Promise<void> {
  const wanted = messages.filter((message) => inlet.wants(message));
  for (let from = 0; from < wanted.length; from += inlet.batch)
    await inlet.deliver(publisher, wanted.slice(from, from + inlet.batch));
}
