import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Logger } from '@nestjs/common';
import {
  Packets,
  portionsOf,
  readReplies,
  type Seal,
  type Waiting,
  type WaitingCalls,
  writeAttempts,
} from '#kernel/brokers';
import { NoReply } from '#kernel/core';
import { Connection, KIND, PORTION } from './connection.js';
import type { DirectOptions } from './direct-options.js';
import type { Address } from './discovery.js';

const CONNECT_WITHIN_MS = 5_000;
const PING_EVERY_MS = 2_000;
/** The silence after which a process counts as hanging. */
const LONGEST_SILENCE_MS = 5_000;
/** The pause between attempts to connect doubles, from the first to the longest. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 2_000;
/** After a refusal, requests go to other processes for this long. */
const REST_MS = 100;

/** A request, placed once it has left. */
export type Request = Waiting<true>;

/** The part of a route that its targets share. */
export interface TargetContext extends Pick<DirectOptions, 'tls' | 'randomness'> {
  readonly context: string;
  readonly seal: Seal;
  readonly waiting: WaitingCalls<true>;
  /** Called when a target accepts requests. */
  readonly ready: () => void;
  /** Called when a target accepts no more: it has failed, or is about to end. */
  readonly lost: () => void;
  /** Called with requests that a target surely did not begin. */
  readonly returned: (requests: readonly Request[]) => void;
  /** Called when a target, or a program in its place, does not have our key. */
  readonly forged: () => void;
}

/** One process that serves a context: a connection that heals by itself, and the requests under way. */
export class Target {
  private readonly logger = new Logger('Direct');
  private readonly name: string;
  private readonly packets = new Packets<Request>((_, requests) => this.write(requests));
  /** The numbers of requests without a reply, given up ones included: the process works at them. */
  private readonly underWay = new Set<number>();
  private queued = 0;
  private connection: Connection;
  private state: 'away' | 'ready' | 'draining' = 'away';
  private isRetired = false;
  private restsUntil = 0;
  private failures = 0;
  private isLogged = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly address: Address,
    private readonly route: TargetContext,
  ) {
    const { host, ip, port } = address;
    this.name = `"${route.context}" at ${host}:${port}${host === ip ? '' : ` (${ip})`}`;
    this.connection = this.connect();
  }

  get isReady(): boolean {
    return this.state === 'ready' && !this.isRetired;
  }

  /** True for a moment after it has refused a request. */
  get isResting(): boolean {
    return performance.now() < this.restsUntil;
  }

  get load(): number {
    return this.underWay.size + this.queued;
  }

  ask(request: Request): void {
    this.queued++;
    this.packets.add('', request);
  }

  /** Sends nothing more to it; the connection ends once all requests are replied to. */
  retire(): void {
    this.isRetired = true;
    if (this.load === 0 || this.state === 'away') this.close();
  }

  close(): void {
    this.isRetired = true;
    clearTimeout(this.timer);
    this.connection.break('this process ends it');
  }

  private async write(requests: readonly Request[]): Promise<void> {
    const { waiting, returned } = this.route;
    this.queued -= requests.length;
    const wanted = requests.filter((request) => waiting.has(request)); // some were given up before they could leave
    if (!this.isReady) return returned(wanted);
    let room: Promise<void> | undefined;
    for (const portion of portionsOf(wanted, PORTION, ({ text }) => text.length)) {
      for (const request of portion) {
        request.place = true;
        this.underWay.add(request.id);
      }
      room = this.connection.send(KIND.requests, writeAttempts(portion.map(({ text }) => text))) ?? room;
    }
    await room;
  }

  private connect(): Connection {
    const { host, ip, port } = this.address;
    const { context, forged, seal, tls } = this.route;
    const socket = tls
      ? connectTls({ ...tls, host: ip, port, ...(isIP(host) === 0 && { servername: host }) })
      : connectTcp({ host: ip, port });
    const connection = new Connection(socket, seal, {
      opened: () => void connection.send(KIND.hello, context),
      received: (kind, body) => this.receive(kind, body),
      forged,
      closed: (why) => this.end(why),
    });
    this.timer = setTimeout(() => connection.break('it does not answer'), CONNECT_WITHIN_MS);
    return connection;
  }

  private receive(kind: string, body: string): void {
    if (kind === KIND.replies) this.hear(body);
    else if (kind === KIND.refused) this.takeBack(body.split(',').map(Number));
    else if (kind === KIND.welcome) this.open();
    else if (kind === KIND.absent) this.connection.break(`no "${this.route.context}" runs there`);
    else if (kind === KIND.draining) {
      this.state = 'draining';
      this.route.lost();
    }
    if (this.isRetired && this.load === 0) this.close();
  }

  private hear(body: string): void {
    for (const reply of readReplies(body)) {
      this.underWay.delete(reply.id);
      this.route.waiting.hear(reply);
    }
  }

  private takeBack(ids: readonly number[]): void {
    const { returned, waiting } = this.route;
    this.restsUntil = performance.now() + REST_MS;
    for (const id of ids) this.underWay.delete(id);
    const wanted = ids.map((id) => waiting.find(id)).filter((request) => request !== undefined);
    for (const request of wanted) request.place = undefined;
    returned(wanted);
  }

  private open(): void {
    clearTimeout(this.timer);
    this.timer = setInterval(() => this.beat(), PING_EVERY_MS);
    this.timer.unref();
    if (this.isLogged) this.logger.log(`${this.name} is back`);
    this.isLogged = false;
    this.failures = 0;
    this.state = 'ready';
    this.route.ready();
  }

  private beat(): void {
    this.connection.breakIfSilent(LONGEST_SILENCE_MS);
    void this.connection.send(KIND.ping);
  }

  /** Called when the connection has ended, or could not be made. */
  private end(why: string): void {
    const { lost, randomness, waiting } = this.route;
    clearTimeout(this.timer);
    const isExpected = this.state === 'draining' || this.isRetired;
    this.state = 'away';
    for (const id of this.underWay) waiting.reject({ id }, new NoReply(why));
    this.underWay.clear();
    if (!isExpected && !this.isLogged) {
      this.logger.warn(`${this.name} is away: ${why}`);
      this.isLogged = true;
    }
    if (this.isRetired) return;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.failures++, LONGEST_PAUSE_MS);
    this.timer = setTimeout(() => (this.connection = this.connect()), randomness.jitter(pause));
    this.timer.unref();
    lost();
  }
}
