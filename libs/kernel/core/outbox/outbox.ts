import type { Ids } from '#kernel/base';
import { ContractError, contractOf, keyOf, messageHeaders } from '#kernel/messages';
import type { MessageSink, Transaction } from '../database/transaction.js';
import type { Interceptors } from '../interceptors/interceptors.js';
import { callContext } from '../runtime/call-context.js';
import type { OutboxMessage } from './destination.js';
import { OutgoingMessages } from './outgoing-messages.js';

/**
 * Sends a command, inside the current transaction: its owner carries it out, now or at a time. The command is written with
 * the transaction, survives any crash, and takes effect once. Its outcomes are events of its owner.
 * @param options.at an instant (ISO 8601); an instant in the past counts as now
 * @returns the id of the message: the cause of all that follows from it
 * @throws ZodError when the command does not have its contract's shape
 */
export function send(command: object, options: { at?: string } = {}): string {
  const { kind, messageName, context } = contractOf(command);
  if (kind !== 'command') throw new ContractError(`${messageName} is a ${kind}; only commands are sent`);
  const transaction = currentTransaction(messageName);
  return transaction.database.outbox.add(transaction, command, context, options.at);
}

/** Publishes an aggregate's event, inside the current transaction. Only repositories call this. */
export function publish(event: object): void {
  const { messageName, context } = contractOf(event);
  const transaction = currentTransaction(messageName);
  if (transaction.database.context !== context)
    throw new Error(`${messageName} belongs to "${context}"; "${transaction.database.context}" cannot publish it`);
  transaction.database.outbox.add(transaction, event, null);
}

function currentTransaction(what: string): Transaction {
  const transaction = callContext()?.transaction;
  if (!transaction)
    throw new Error(
      `${what} must be sent or published inside a transaction: it is written with the change it belongs to`,
    );
  return transaction;
}

/** Hears of messages that a transaction has committed: those in the outbox, and the instants of those in the timers. */
export type OnCommitted = (messages: readonly OutboxMessage[], due: readonly string[]) => void;

/** The outbox of one context: collects the messages of each transaction, and tells of them once they are committed. */
export class Outbox implements MessageSink {
  private readonly collected = new WeakMap<Transaction, OutgoingMessages>();
  private readonly listeners: OnCommitted[] = [];

  constructor(
    private readonly ids: Ids,
    private readonly interceptors: Interceptors,
  ) {}

  onCommitted(listener: OnCommitted): void {
    this.listeners.push(listener);
  }

  add(transaction: Transaction, message: object, destination: string | null, due?: string): string {
    const { messageName: name, input } = contractOf(message);
    const id = this.ids.next();
    const { correlationId = id, causationId, headers: flow } = callContext() ?? {};
    const headers = messageHeaders(correlationId, causationId, flow);
    const key = keyOf(message) ?? id;
    const payload = input.parse({ ...message });
    const outgoing = this.interceptors.publish({ id, name, key, destination, payload, headers });
    this.messagesOf(transaction).add(outgoing, due);
    return id;
  }

  private messagesOf(transaction: Transaction): OutgoingMessages {
    let messages = this.collected.get(transaction);
    if (!messages) {
      const made = (messages = new OutgoingMessages());
      this.collected.set(transaction, made);
      transaction.closing = made;
      transaction.afterCommit.push(() => {
        for (const listener of this.listeners) listener(made.written, made.due);
      });
    }
    return messages;
  }
}
