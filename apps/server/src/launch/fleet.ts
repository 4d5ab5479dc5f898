import { join } from 'node:path';
import type { Environment } from '#kernel/base';
import type { Topology } from '#kernel/topology';
import { Instance } from './instance.js';
import { environmentOf, type Member, membersOf, nameOf } from './members.js';
import type { MergedLog } from './merged-log.js';

interface FleetOptions {
  readonly topology: Topology;
  readonly replicas: ReadonlyMap<string, number>;
  /** Tells its processes from those of another fleet on the same databases. */
  readonly generation: number;
  readonly log: MergedLog;
  readonly tell: (text: string) => void;
}

/** All processes of one topology, on this machine. */
export class Fleet {
  readonly members: readonly Member[];
  private readonly instances = new Map<Member, Instance>();
  private stopping = false;

  /** @throws CannotStart where replicas are asked for of a process that is not there */
  constructor(private readonly options: FleetOptions) {
    this.members = membersOf(options.topology, options.replicas);
    options.log.expect(this.members.map(nameOf));
  }

  get topology(): Topology {
    return this.options.topology;
  }

  /** Resolves when all answer: those that serve the API come after those that answer it. Rejects where one cannot start. */
  async start(environment: Environment, port: number): Promise<void> {
    for (const http of [false, true]) {
      if (this.stopping) return;
      const members = this.members.filter((member) => member.http === http);
      await Promise.all(members.map((member) => this.launch(member, environment, port)));
    }
  }

  /** First nobody asks any more, then nobody answers. By SIGTERM others serve on, by SIGINT nobody does. */
  async stop(signal: 'SIGTERM' | 'SIGINT'): Promise<void> {
    this.stopping = true;
    for (const http of [true, false])
      await Promise.all(
        [...this.instances].filter(([member]) => member.http === http).map(([, instance]) => instance.stop(signal)),
      );
  }

  private launch(member: Member, environment: Environment, port: number): Promise<void> {
    const { topology, generation, log, tell } = this.options;
    const instance = new Instance({
      name: nameOf(member),
      entry: join(import.meta.dirname, '../main.js'),
      environment: environmentOf(member, { topology, generation, common: environment, port }),
      http: member.http,
      log,
      tell,
    });
    this.instances.set(member, instance);
    return instance.start();
  }
}
