import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CannotStart, type Environment, errorText } from '#kernel/base';
import { freePort, isServer, type LocalServices, type Needs, ProcessesFile } from '#kernel/local';
import type { Topology } from '#kernel/topology';
import { demoSetting } from '../demo-setting.js';
import { END_WITHIN_MS } from '../end-within.js';
import { ServerSettings } from '../server-settings.js';
import { Control, type SwitchRequest } from './control.js';
import { Fleet } from './fleet.js';
import { MergedLog } from './merged-log.js';
import { foldersOf, needsOf, processIn, topologyIn } from './topologies.js';

const NAME = 'launcher';
const CLEARED = 'Their places in the outboxes, and their logs, are gone.';

interface Launching {
  readonly dataDir: string;
  readonly services: Promise<LocalServices>;
  /** Starts or adopts what else a topology stands on. */
  readonly provide: (needs: Needs) => Promise<LocalServices>;
  readonly fail: (error: unknown) => Promise<never>;
}

/** Runs all processes of a topology on one machine, and lets another take over while requests come in. */
export class Launcher {
  private readonly log = new MergedLog([NAME], process.stdout);
  private fleet: Fleet;
  private generation = 1;
  /** Its processes start, or take over from others. */
  private joining: Fleet | undefined;
  private control: Control | undefined;
  /** Where all is that any of its topologies stood on. */
  private environment: Environment = {};
  private stopping: Promise<unknown> | undefined;

  /** @throws CannotStart where replicas are asked for of a process that is not there */
  constructor(topology: Topology, replicas: ReadonlyMap<string, number>) {
    this.fleet = this.fleetOf(topology, replicas);
  }

  readonly tell = (text: string): void => this.log.say(NAME, text);

  /** Resolves when all of them answer; they run until a signal comes. Rejects where one cannot start, when none runs any more. */
  async run(launching: Launching): Promise<void> {
    const { dataDir, services: starting, provide, fail } = launching;
    const provided = [starting];
    const stop = (signal: string) => void (this.stopping ??= this.stop(signal, provided).catch(fail));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
    const services = await starting;
    const environment = (this.environment = await commonOf(services.environment, this.fleet.topology, dataDir));
    const { members, topology } = this.fleet;
    processIn(topology, environment, members[0]!.process);
    await this.awaitFormer(new ProcessesFile(dataDir));
    await services.register({ name: NAME, replica: 1, ports: {} });
    const port = Number(environment['PORT'] || 3000) || (await freePort());
    const began = performance.now();
    try {
      await this.fleet.start(environment, port);
    } catch (error) {
      if (!this.stopping) await this.fleet.stop('SIGINT');
      throw error;
    }
    if (this.stopping) return;
    this.tell(`All ${members.length} answer, after ${seconds(began)}.`);
    this.control = await Control.listen(dataDir, (request, answer) =>
      this.switch(request, {
        dataDir,
        port,
        provide: async (needs) => {
          const more = provide(needs);
          provided.push(more);
          return more;
        },
        tell: (text) => {
          this.tell(text);
          answer(text);
        },
      }),
    );
  }

  /** Both run for a while, over the same databases; requests find the one or the other. Rejects where nothing has changed. */
  private async switch(request: SwitchRequest, { dataDir, port, provide, tell }: Switching): Promise<void> {
    const { fleet: old } = this;
    if (this.joining || this.stopping) throw new CannotStart('The launcher is busy with another switch, or stopping.');
    if (request.finish) return this.finish(request, tell);
    if (resolve(request.from) !== resolve(old.topology.file!))
      throw new CannotStart(`What runs here is ${old.topology.file}, not ${request.from}.`);
    if (resolve(request.to) === resolve(request.from))
      throw new CannotStart(`${request.to} is what runs here already.`);
    const next = (this.joining = this.fleetOf(await topologyIn(request.to), new Map(request.replicas)));
    try {
      const { environment: provided } = await provide(needsOf(next.topology));
      const environment = await commonOf(provided, next.topology, dataDir);
      this.environment = { ...this.environment, ...environment };
      processIn(next.topology, environment, next.members[0]!.process);
      await this.replace(next, { environment, port, tell });
    } finally {
      this.joining = undefined;
    }
  }

  /** Where the broker was away when it should have been. */
  private async finish({ from, to }: SwitchRequest, tell: (text: string) => void): Promise<void> {
    const { topology } = this.fleet;
    if (resolve(to) !== resolve(topology.file!))
      throw new CannotStart(`What runs here is ${topology.file}, not ${to}.`);
    const { finishMove } = await import('./move.js');
    await finishMove({ from: await topologyIn(from), to: topology }, this.environment);
    tell(CLEARED);
  }

  private async replace(next: Fleet, { environment, port, tell }: Replacing): Promise<void> {
    const { finishMove, underWay } = await import('./move.js');
    const { fleet: old } = this;
    const move = { from: old.topology, to: next.topology };
    const waiting = await underWay(move, environment);
    const counts = [...waiting].filter(([, count]) => count > 0).map(([context, count]) => `${context} ${count}`);
    tell(
      counts.length === 0
        ? 'No messages are on their way.'
        : `Messages on their way, at most: ${counts.join(', ')}. Who has had one drops it when it comes again.`,
    );
    const began = performance.now();
    try {
      await next.start(environment, port);
    } catch (error) {
      await next.stop('SIGTERM');
      throw error;
    }
    if (this.stopping) return;
    tell(`All ${next.members.length} of ${next.topology.file} answer, after ${seconds(began)}.`);
    const ended = performance.now();
    this.fleet = next;
    await old.stop('SIGTERM');
    tell(`Those of ${old.topology.file} have finished what they had begun, after ${seconds(ended)}.`);
    await finishMove(move, this.environment).catch((error: unknown) => {
      const command = `npx cleave topology switch ${old.topology.file} ${next.topology.file} --finish`;
      throw new Error(
        `${next.topology.file} runs. What the old one read is not cleared away: ${command} (${errorText(error)})`,
      );
    });
    tell(CLEARED);
  }

  private fleetOf(topology: Topology, replicas: ReadonlyMap<string, number>): Fleet {
    const { log, tell } = this;
    return new Fleet({ topology, replicas, generation: this.generation++, log, tell });
  }

  private async stop(signal: string, provided: readonly Promise<LocalServices>[]): Promise<void> {
    this.tell(`${signal}: stopping all …`);
    this.control?.close();
    await Promise.all([this.fleet.stop('SIGINT'), this.joining?.stop('SIGINT')]);
    // `npm run dev` restarts with SIGTERM: the next one finds them running.
    if (signal !== 'SIGTERM' || !process.env['CLEAVE_DEV'])
      for (const services of provided) await (await services).stop();
    process.exit(0);
  }

  /**
   * Waits for what a launcher that was killed left behind, which is about to end. Two processes of one name must not run at
   * once: each would take the other's leases for its own.
   */
  private async awaitFormer(file: ProcessesFile): Promise<void> {
    let told = false;
    for (const until = performance.now() + END_WITHIN_MS; ; await sleep(100)) {
      const servers = (await file.living()).filter(isServer);
      const former = servers.find((one) =>
        this.fleet.members.some(({ process, replica }) => process === one.name && replica === one.replica),
      );
      const launcher = servers.find(({ name }) => name === NAME);
      if (!former && !launcher) return;
      if (!launcher && performance.now() < until) {
        if (!told) this.tell(`Waiting for ${former!.name} (pid ${former!.pid}) of a former start to end …`);
        told = true;
        continue;
      }
      const { name, pid } = (launcher ?? former)!;
      throw new CannotStart(
        `"${name}" (pid ${pid}) runs on this data directory already: stop it, or set CLEAVE_DATA_DIR to another.`,
      );
    }
  }
}

interface Switching {
  readonly dataDir: string;
  readonly port: number;
  readonly provide: (needs: Needs) => Promise<LocalServices>;
  readonly tell: (text: string) => void;
}

interface Replacing {
  readonly environment: Environment;
  readonly port: number;
  readonly tell: (text: string) => void;
}

/** The settings that all processes share. A gateway has no database by which it could tell whether the demo is on. */
const commonOf = async (environment: Environment, topology: Topology, dataDir: string): Promise<Environment> => ({
  ...environment,
  ...foldersOf(topology, environment, dataDir),
  CLEAVE_DEMO: await demoSetting(new ServerSettings(environment), environment),
});

const seconds = (since: number): string => `${((performance.now() - since) / 1_000).toFixed(1)} s`;
