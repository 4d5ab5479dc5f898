import { flowHeaders, type MessageEnvelope } from '#kernel/messages';
import type { Interceptors } from '../interceptors/interceptors.js';
import { callContext, type CallContext, runIn, service, type UnitOfWork } from '../runtime/call-context.js';

/** A receiver of messages in a context: a subscriber, or the command handlers together. */
export interface Receiver {
  /** Stable: the inbox stores under it which messages were handled. */
  readonly name: string;
  /** True where the handler runs without a transaction: the message is then parked first, and handled under a lease. */
  runsOutside(message: Pick<MessageEnvelope, 'name'>): boolean;
  /** Checks the message against its contract and handles it. */
  run(message: MessageEnvelope): Promise<unknown>;
}

/** Runs the handlers of one context's receivers, each in the call context of its message. */
export class Handlers {
  constructor(
    private readonly context: string,
    private readonly interceptors: Interceptors,
  ) {}

  /** `unitOfWork` is written with the transaction that the handler opens. */
  handle(receiver: Receiver, publisher: string, message: MessageEnvelope, unitOfWork?: UnitOfWork): Promise<unknown> {
    return this.interceptors.handle(
      { context: this.context, receiver: receiver.name, publisher, message },
      (handling) =>
        runIn(this.callContextOf(publisher, handling.message, unitOfWork), () => receiver.run(handling.message)),
    );
  }

  /** On behalf of the context that published the message, never of the user who began the flow. */
  private callContextOf(publisher: string, { id, headers }: MessageEnvelope, unitOfWork?: UnitOfWork): CallContext {
    const { transaction } = callContext() ?? {};
    return {
      correlationId: headers.correlationId,
      causationId: id,
      principal: service(publisher),
      headers: flowHeaders(headers),
      context: this.context,
      ...(transaction ? { transaction } : {}),
      ...(unitOfWork ? { unitOfWork } : {}),
    };
  }
}
