import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Logger } from '@nestjs/common';
import { CannotStart, errorText } from '#kernel/base';
import { Packets, portionsOf, readAttempts, type Seal } from '#kernel/brokers';
import { Warnings } from '#kernel/core';
import { Connection, KIND, PORTION } from './connection.js';
import type { DirectOptions } from './direct-options.js';
import type { Asker, ServedContext } from './served-context.js';

/** Longer than askers go without a ping. */
const LONGEST_SILENCE_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
/** The time in which an asker must say which context it will ask. */
const HELLO_WITHIN_MS = 5_000;

interface ListenerOptions extends Pick<DirectOptions, 'listen' | 'tls'> {
  readonly seal: Seal;
  readonly served: ReadonlyMap<string, ServedContext>;
  readonly forged: () => void;
}

/** Accepts the connections of those that ask contexts of this process. */
export class Listener {
  private readonly warnings = new Warnings('Direct');
  private readonly connections = new Set<Connection>();
  private readonly server: Server;
  private readonly watch: NodeJS.Timeout;

  private constructor(private readonly options: ListenerOptions) {
    const { tls } = options;
    const accept = (socket: Socket): void => this.accept(socket);
    this.server = tls ? createTlsServer(tls, accept) : createTcpServer(accept);
    this.server.on('tlsClientError', (error: Error) =>
      this.warnings.warn('A connection was refused', errorText(error)),
    );
    this.watch = setInterval(() => this.breakSilent(), LOOK_EVERY_MS);
    this.watch.unref();
  }

  /** @throws CannotStart where the address is taken, or none of this machine's */
  static async start(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    const { host, port } = options.listen;
    listener.server.listen({ host, port });
    await once(listener.server, 'listening').catch((error: NodeJS.ErrnoException) => {
      throw new CannotStart(
        `Calls cannot be accepted on ${host}:${port} (${error.code}). Set DIRECT_PORT to a port that is free, DIRECT_HOST to an address of this machine.`,
      );
    });
    listener.server.on('error', (error) => new Logger('Direct').error(`calls are not accepted: ${errorText(error)}`));
    return listener;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Accepts no more connections, and tells all askers to go to others. */
  drain(): void {
    this.server.close();
    for (const connection of this.connections) void connection.send(KIND.draining);
  }

  /** Resolves when all replies have left. */
  async flushed(): Promise<void> {
    await new Promise(setImmediate); // what was replied in this turn leaves at its end
    await Promise.all([...this.connections].map((connection) => connection.flushed()));
  }

  close(): void {
    clearInterval(this.watch);
    this.server.close();
    for (const connection of this.connections) connection.break('this process ends');
  }

  private accept(socket: Socket): void {
    const name = `${socket.remoteAddress}:${socket.remotePort}`;
    const { forged, seal, served } = this.options;
    const replies = new Packets<string>((_, some) => this.reply(connection, some));
    const asker: Asker = {
      reply: (reply) => replies.add('', reply),
      refuse: (ids) => void connection.send(KIND.refused, ids.join(',')),
    };
    let context: ServedContext | undefined;
    const late = setTimeout(() => connection.break('it has said nothing'), HELLO_WITHIN_MS);
    const connection = new Connection(socket, seal, {
      opened: () => undefined,
      received: (kind, body) => {
        if (kind === KIND.hello) {
          clearTimeout(late);
          context = served.get(body);
          void connection.send(context ? KIND.welcome : KIND.absent);
        } else if (kind === KIND.ping) void connection.send(KIND.pong);
        else if (kind === KIND.requests) context?.accept(readAttempts(body), asker);
      },
      forged: () => {
        forged();
        this.warnings.warn('A connection was refused', `${name} does not have our key`);
      },
      closed: () => {
        clearTimeout(late);
        this.connections.delete(connection);
      },
    });
    this.connections.add(connection);
  }

  private async reply(connection: Connection, replies: readonly string[]): Promise<void> {
    let room: Promise<void> | undefined;
    for (const portion of portionsOf(replies, PORTION, ({ length }) => length))
      room = connection.send(KIND.replies, portion.join('')) ?? room;
    await room;
  }

  private breakSilent(): void {
    for (const connection of this.connections) connection.breakIfSilent(LONGEST_SILENCE_MS);
  }
}
