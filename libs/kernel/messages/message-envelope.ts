/** Headers that interceptors add to a flow, such as `traceparent`. They travel from the request through every call and message. */
export type FlowHeaders = Readonly<Record<string, string>>;

/** Metadata of a message, beside its payload. */
export interface MessageHeaders {
  /** The id of the request that the flow began with. */
  readonly correlationId: string;
  /** The message that this one follows from; absent where the request itself made it. */
  readonly causationId?: string;
  /** The headers of the flow. */
  readonly [name: string]: string | undefined;
}

/** A message between its publisher and its receivers: the same in every table and on every wire. */
export interface MessageEnvelope {
  /** A UUIDv7. The inbox drops repeats by it, and the tables of messages are partitioned by it. */
  readonly id: string;
  /** The name of its contract, `<context>.<message>.v<N>`. */
  readonly name: string;
  /** Messages of one key keep their order. */
  readonly key: string;
  /** The context that owns a sent command; null for an event, which goes to its subscribers. */
  readonly destination: string | null;
  /** JSON, of the shape that the contract declares. */
  readonly payload: unknown;
  /** When it was published: ISO 8601 in UTC. */
  readonly at: string;
  readonly headers: MessageHeaders;
}

/** A message that is not committed yet: its transaction gives it its time. */
export type OutgoingMessage = Omit<MessageEnvelope, 'at'>;

/** The headers of a message that is published in a flow. */
export const messageHeaders = (
  correlationId: string,
  causationId: string | undefined,
  flow: FlowHeaders | undefined,
): MessageHeaders => ({ ...flow, correlationId, ...(causationId === undefined ? {} : { causationId }) });

/** The headers of the flow that a message belongs to; undefined where there are none. */
export function flowHeaders(headers: MessageHeaders): FlowHeaders | undefined {
  const flow = Object.entries(headers).filter(([name]) => name !== 'correlationId' && name !== 'causationId');
  return flow.length === 0 ? undefined : (Object.fromEntries(flow) as FlowHeaders);
}
