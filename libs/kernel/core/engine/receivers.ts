import { revive } from '../bus/owner.js';
import type { Handler, Registry, SubscriberEntry } from '../bus/registry.js';
import type { Receiver } from '../inbox/receiver.js';

/** Receives the events that a subscriber listens to. */
export function subscriberReceiver({ name, listeners }: SubscriberEntry): Receiver {
  return {
    name,
    runsOutside: () => false,
    run: async (message) => {
      const listener = listeners.get(message.name);
      if (!listener) throw new Error(`"${name}" does not listen to ${message.name} in this version`); // another one will

      await listener.handle(revive(listener.contract, message.payload));
    },
  };
}

/** Receives all commands that are sent to one context, in one order per key, whichever commands they are. */
export function commandReceiver(context: string, registry: Registry): Receiver {
  const handlerOf = (name: string): Handler | undefined => registry.handlers.get(name);
  return {
    name: context,
    runsOutside: ({ name }) => handlerOf(name)?.withoutTransaction ?? false,
    run: ({ name, payload }) => {
      const handler = registry.handler(name);
      return handler.execute(revive(handler.contract, payload));
    },
  };
}
