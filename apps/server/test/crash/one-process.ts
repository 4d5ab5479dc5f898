import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandomness } from '#kernel/base';
import { RunningServer } from '../running-server.js';
import type { Victim } from './victim.js';

/** The monolith: it is killed, now and then again before it is up. */
export class OneProcess implements Victim {
  private constructor(
    readonly server: RunningServer,
    private readonly chance: SeededRandomness,
  ) {}

  static async start(env: Readonly<Record<string, string>>, chance: SeededRandomness): Promise<OneProcess> {
    return new OneProcess(await RunningServer.start({ env }), chance);
  }

  async harm(): Promise<void> {
    await this.server.kill();
    if (this.chance.next() < 0.2) await this.dieInBoot();
    await this.server.launch();
  }

  underWay(): Promise<string[]> {
    return Promise.resolve([]);
  }

  report(): string[] {
    return [];
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  private async dieInBoot(): Promise<void> {
    const launch = this.server.launch().catch(() => undefined);
    await pause(this.chance.next() * 1_000);
    await this.server.kill();
    await launch;
  }
}
