import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, errorMessage } from '#kernel/base';
import type { LocalService, LocalServiceOptions, RunningService } from './local-service.js';
import { isAlive } from './process-identity.js';
import type { ProcessEntry } from './processes-file.js';

const LOOK_EVERY_MS = 250;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/** A service that runs as long as its server: once kept, it starts again on its data when it dies. */
export class KeptService {
  /** The settings that tell its address. A service that announces its address is known by them before it answers. */
  readonly address: Promise<Environment>;
  /** True as long as its address alone is known. */
  isAwaited = false;
  private running: Promise<RunningService>;
  private readonly released = new AbortController();
  private keeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly service: LocalService,
    private readonly options: Omit<LocalServiceOptions, 'announce'>,
  ) {
    const announced = Promise.withResolvers<Environment>();
    const announce = (environment: Environment): void => {
      this.isAwaited = true;
      announced.resolve(environment);
    };
    this.running = service.start({ ...options, announce }).finally(() => (this.isAwaited = false));
    this.running.then(({ environment }) => announced.resolve(environment), announced.reject);
    this.address = announced.promise;
    this.address.catch(() => undefined); // told by whoever awaits all addresses
  }

  /** The service's entry in processes.json. Resolves once it runs. */
  async entry(): Promise<ProcessEntry> {
    const { name, port: portName } = this.service;
    const { pid, port } = await this.running;
    return { name, replica: 1, pid, ports: { [portName]: port }, service: true };
  }

  /** Starts it again, from now on, when it dies. `restarted` is called each time it runs again. */
  keep(restarted: () => Promise<void>): void {
    this.keeping = this.watch(restarted);
  }

  /** Keeps it no longer. Answers the service where it runs. */
  async release(): Promise<RunningService | undefined> {
    this.released.abort();
    await this.keeping;
    return this.running.catch(() => undefined);
  }

  private async watch(restarted: () => Promise<void>): Promise<void> {
    const { name, setting } = this.service;
    const { tell } = this.options;
    while (await this.passed(LOOK_EVERY_MS)) {
      const { pid, environment: before } = await this.running;
      if (await isAlive(pid)) continue;
      tell(`${name} (pid ${pid}) has died: it starts again on its data`);
      await this.restart(restarted);
      const { environment } = await this.running;
      if (environment[setting] !== before[setting])
        tell(`${name} runs on another port now, since another program took its own: stop all, and start it again`);
    }
  }

  /** Tries until it runs, or is released. */
  private async restart(restarted: () => Promise<void>): Promise<void> {
    const { service, options } = this;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        const again = await service.start({ ...options, announce: () => undefined, serving: Promise.resolve() });
        this.running = Promise.resolve(again);
        return await restarted();
      } catch (error) {
        options.tell(
          `${service.name} could not start again, and is tried in ${pause / 1_000} s: ${errorMessage(error)}`,
        );
        if (!(await this.passed(pause))) return;
      }
    }
  }

  /** Resolves after this time, with false where the service was released meanwhile. Does not keep the process alive. */
  private passed(milliseconds: number): Promise<boolean> {
    const { signal } = this.released;
    return sleep(milliseconds, true, { signal, ref: false }).catch(() => false);
  }
}
