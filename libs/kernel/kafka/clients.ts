import { Admin, Base, type BaseOptions, Consumer, Producer } from '@platformatic/kafka';
import { clientName } from '#kernel/brokers';
import type { KafkaOptions } from './kafka-options.js';

const CONNECTED_WITHIN_MS = 2_000;
/** Longer than a broker takes to hear from its replicas, or waits for records. */
const ANSWER_WITHIN_MS = 6_000;

/** The options of every client of the library; `purpose` becomes part of its name. */
export function clientOptions(options: KafkaOptions, purpose: string) {
  const { brokers, tls, sasl } = options;
  return {
    clientId: clientName(options, purpose),
    bootstrapBrokers: [...brokers],
    connectTimeout: CONNECTED_WITHIN_MS,
    requestTimeout: ANSWER_WITHIN_MS,
    retries: 0,
    ...(tls ? { tls } : {}),
    ...(sasl ? { sasl } : {}),
  } satisfies BaseOptions;
}

/**
 * The library's clients, each with connections of its own. None of them retries: what may have changed since is to be looked
 * at before anything is done again. A client that was closed is made anew where it is wanted again.
 */
export class Clients {
  private readonly open = new Map<string, Base>();
  /** In the order in which they are asked. */
  private brokers: readonly string[];

  constructor(
    private readonly options: KafkaOptions,
    private readonly purpose: string,
    /** A connection of that client was closed. */
    private readonly disconnected: (name: string) => void,
  ) {
    this.brokers = options.brokers;
  }

  /** For the heartbeat: its requests wait behind no others, and time out soon. */
  get metadata(): Base {
    return this.client('metadata', (options) => new Base({ ...options, requestTimeout: CONNECTED_WITHIN_MS }));
  }

  get admin(): Admin {
    return this.client('admin', (options) => new Admin(options));
  }

  /** Its metadata is kept until `clearMetadata`. */
  get producer(): Producer {
    return this.client('producer', (options) => new Producer({ ...options, metadataMaxAge: Infinity }));
  }

  /** For fetching; it joins no group. */
  consumer(name: string): Consumer {
    return this.client(name, (options) => new Consumer({ ...options, groupId: options.clientId }));
  }

  /** Discards what the producer knows of leaders. */
  clearMetadata(): void {
    this.open.get('producer')?.clearMetadata();
  }

  /** Closes a client; its outstanding requests are rejected. */
  close(name: string): void {
    const client = this.open.get(name);
    this.open.delete(name);
    if (!client) return;
    const others = [...(client.currentMetadata?.brokers.values() ?? [])].map(({ host, port }) => `${host}:${port}`);
    this.brokers = [...new Set([...this.brokers, ...others])];
    const connections = [...client.connections].map(([, connection]) => connection);
    void client.connections.close().catch(() => undefined); // closed already
    for (const { socket } of connections) (socket as typeof socket | undefined)?.destroy(); // a broker that hangs would keep it
  }

  /** Closes all clients. New ones ask another broker first: the one before may hang. */
  closeAll(): void {
    for (const name of this.open.keys()) this.close(name);
    const [first, ...rest] = this.brokers;
    this.brokers = [...rest, first!];
  }

  private client<Client extends Base>(name: string, make: (options: BaseOptions) => Client): Client {
    const existing = this.open.get(name) as Client | undefined;
    if (existing) return existing;
    const options = clientOptions({ ...this.options, brokers: this.brokers }, `${this.purpose} ${name}`);
    const client = make({ ...options, maxInflights: 1_000 });
    client.connections.on('connecting', ({ connection }) => {
      connection.on('error', () => undefined); // the request is rejected
      connection.once('close', () => this.disconnected(name));
    });
    this.open.set(name, client);
    return client;
  }
}
