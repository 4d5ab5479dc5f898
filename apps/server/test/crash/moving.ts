import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RunningServer } from '../running-server.js';
import type { Victim } from './victim.js';

const root = join(import.meta.dirname, '../../../..');
const fileOf = (name: string): string => join(root, 'topologies', `${name}.yaml`);
/** There and back again. */
const tour = ['monolith', 'split-redis', 'mixed', 'split-kafka', 'kafka-only', 'split-redis'];

/** A shop that moves from topology to topology: no fault, and none may be seen. */
export class Moving implements Victim {
  private readonly seconds: string[] = [];
  private at = 0;

  private constructor(readonly server: RunningServer) {}

  static async start(env: Readonly<Record<string, string>>): Promise<Moving> {
    return new Moving(await RunningServer.start({ args: ['--topology', fileOf(tour[0]!)], env }));
  }

  async harm(): Promise<void> {
    const [from, to] = [tour[this.at % tour.length]!, tour[(this.at + 1) % tour.length]!];
    this.at++;
    const began = performance.now();
    await promisify(execFile)(
      process.execPath,
      [join(root, 'dist/apps/cli/src/main.js'), 'topology', 'switch', fileOf(from), fileOf(to)],
      { env: { PATH: process.env['PATH'], CLEAVE_DATA_DIR: this.server.dataDir } },
    );
    this.seconds.push(`${from} to ${to} in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  }

  underWay(): Promise<string[]> {
    return Promise.resolve([]);
  }

  report(): string[] {
    return this.seconds;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}
