import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ProcessEntry } from '#kernel/local';
import { until } from '#kernel/testing';
import { logOf, newDataDir, portOfItsOwn, spawnMain } from './running-server.js';

const cli = join(import.meta.dirname, '../../../dist/apps/cli/src/main.js');

/** A gateway and two processes of contexts, over Redis. */
export const topologyOfThree = `calls: redis
events: redis
processes:
  gateway: { http: true }
  storefront: { contexts: [identity, catalog, inventory, cart] }
  checkout: { contexts: [ordering, payments] }
`;

/** What `npm start -- --topology …` becomes, as its own process, on a data directory and a port of its own. */
export class Launched {
  private child: ChildProcess | undefined;

  private constructor(
    readonly dataDir: string,
    readonly port: number,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Prepared, not started. */
  static async prepare(topology: string, env: Readonly<Record<string, string>> = {}): Promise<Launched> {
    const launched = new Launched(await newDataDir(), await portOfItsOwn(), env);
    await writeFile(join(launched.dataDir, 'topology.yaml'), topology);
    return launched;
  }

  /** What it has printed since it was last started. */
  get output(): string {
    return readFileSync(logOf(this.dataDir), 'utf8');
  }

  /** Starts it; resolves when it is ready, or has ended instead. */
  async launch(...args: readonly string[]): Promise<void> {
    await rm(logOf(this.dataDir), { force: true });
    const { port, dataDir, env } = this;
    this.child = spawnMain(['--topology', 'topology.yaml', ...args], {
      port,
      dataDir,
      env: { CLEAVE_DEMO: 'off', ...env },
    });
    const up = until(() => this.hasEnded() || this.output.includes('Cleave is ready.'), 'it is ready', 60);
    await up.catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output.slice(-4_000)}`);
    });
  }

  /** Its exit code, once it has ended after this signal. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child!;
    if (!this.hasEnded()) {
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
    }
    return child.exitCode;
  }

  hasEnded(): boolean {
    return this.child!.exitCode !== null || this.child!.signalCode !== null;
  }

  /** What the command line says to its mistake. */
  async cleave(...args: readonly string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], CLEAVE_DATA_DIR: this.dataDir };
    const { stderr } = await promisify(execFile)(process.execPath, [cli, ...args], { env }).catch(
      (error: unknown) => error as { stderr: string },
    );
    return stderr;
  }

  async processes(): Promise<ProcessEntry[]> {
    return JSON.parse(await readFile(join(this.dataDir, 'processes.json'), 'utf8')) as ProcessEntry[];
  }

  async process(name: string, replica = 1): Promise<ProcessEntry> {
    return (await this.processes()).find((one) => one.name === name && one.replica === replica)!;
  }

  async remove(): Promise<void> {
    await this.end('SIGINT');
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
