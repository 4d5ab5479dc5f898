import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type ProcessEntry, ProcessesFile } from '#kernel/local';
import { until } from '#kernel/testing';

const main = join(import.meta.dirname, '../../../dist/apps/server/src/main.js');

/** The administrator of every server that a test starts, unless its settings name another. */
export const administrator = { email: 'owner@shop.example', password: 'twelve warm blankets' };

export interface ServerOptions {
  /** Settings beside the test's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stands on the command line, as `--topology <file>`. */
  readonly args?: readonly string[];
  /** A data directory to go on with; else a new one. */
  readonly dataDir?: string;
}

/** The real server as its own process, or as the processes of a topology, on a data directory and a port of its own. */
export class RunningServer {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    readonly dataDir: string,
    readonly env: Readonly<Record<string, string>>,
    readonly args: readonly string[],
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it has printed. */
  get output(): string {
    return readFileSync(logOf(this.dataDir), 'utf8');
  }

  /** The secret of the test provider that it started. */
  get providerSecret(): string {
    return readFileSync(join(this.dataDir, 'test-provider.secret'), 'utf8').trim();
  }

  static async start({ env = {}, args = [], dataDir }: ServerOptions = {}): Promise<RunningServer> {
    const server = new RunningServer(await portOfItsOwn(), dataDir ?? (await newDataDir()), env, args);
    await server.launch();
    return server;
  }

  /**
   * The one of this name, which the files that a worker of Jest runs share: started for the first of them, stopped when
   * all have run (scripts/jest-teardown.mjs).
   */
  static async shared(name: string, options: () => Promise<ServerOptions>): Promise<RunningServer> {
    const file = join(process.env['CLEAVE_TEST_DIR']!, `${name}-${process.env['JEST_WORKER_ID']}.shared.json`);
    if (existsSync(file)) {
      const { port, dataDir, env, args } = JSON.parse(readFileSync(file, 'utf8')) as RunningServer;
      return new RunningServer(port, dataDir, env, args);
    }
    const server = await RunningServer.start(await options());
    const { port, dataDir, env, args } = server;
    await writeFile(file, JSON.stringify({ pid: server.child!.pid, port, dataDir, env, args }));
    server.child!.unref(); // the worker may end before it
    return server;
  }

  /** Starts the process (again) and waits until it answers. */
  async launch(): Promise<void> {
    const child = spawnMain(this.args, this);
    this.child = child;
    const end = once(child, 'exit').then(() => {
      throw new Error(`the server ended:\n${this.output}`);
    });
    end.catch(() => undefined); // after it was up, it may
    const ready = async () => (await fetch(`${this.url}/health/ready`)).ok && (await this.isListed());
    await Promise.race([end, until(ready, 'the server answers', this.args.length > 0 ? 110 : 40)]).catch(
      (error: unknown) => {
        child.kill('SIGKILL');
        throw new Error(`${String(error)}\n${this.output.slice(-4_000)}`);
      },
    );
  }

  /** kill -9: the server alone; its database and its payment provider live on. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Stops the server as Ctrl-C does, and what it started with it. */
  async stop(): Promise<number | null> {
    await this.end('SIGINT');
    await rm(this.dataDir, { recursive: true, force: true });
    return this.child?.exitCode ?? null;
  }

  /** Restarts it gracefully; its data stays. */
  async restart(): Promise<void> {
    await this.end('SIGTERM');
    await this.launch();
  }

  /** What processes.json says, once the provider is in it, which starts when the server answers. */
  async processes(): Promise<ProcessEntry[]> {
    return until(async () => {
      const entries = JSON.parse(await readFile(join(this.dataDir, 'processes.json'), 'utf8')) as ProcessEntry[];
      return entries.some(({ name }) => name === 'test-provider') && entries;
    }, 'the server, which answers, has said what runs');
  }

  /** In production there is no list. */
  private async isListed(): Promise<boolean> {
    if (this.env['NODE_ENV'] === 'production') return true;
    const living = await new ProcessesFile(this.dataDir).living();
    const isUp = living.some(({ pid }) => pid === this.child!.pid); // else whoever answers may be its former self, ending
    return isUp && living.some(({ api, ports }) => api && ports['http'] === this.port);
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
}

/** The compiled server as a child of the test, with these settings and no others; what it prints goes to its log. */
export function spawnMain(
  args: readonly string[],
  { port, dataDir, env }: Pick<RunningServer, 'port' | 'dataDir' | 'env'>,
): ChildProcess {
  const { PATH, JAVA_HOME, KAFKA_HOME } = process.env; // by which it finds its brokers
  const log = openSync(logOf(dataDir), 'a');
  try {
    return spawn(process.execPath, [main, ...args], {
      env: {
        PATH,
        JAVA_HOME,
        KAFKA_HOME,
        PORT: String(port),
        CLEAVE_DATA_DIR: dataDir,
        LOG_LEVEL: 'warn',
        IDENTITY_ADMIN_EMAIL: administrator.email,
        IDENTITY_ADMIN_PASSWORD: administrator.password,
        ...env,
      },
      cwd: dataDir,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

/** Of none of those that servers choose for what they start: those may be chosen between this and the server's listening. */
export const portOfItsOwn = (): Promise<number> => freePort(randomInt(30_000, 32_700));

/** Beside its data directory: it outlives that, and the test that reads it. */
export const logOf = (dataDir: string): string => `${dataDir}.log`;

export async function newDataDir(): Promise<string> {
  const dir = await mkdtemp(join(process.env['CLEAVE_TEST_DIR'] ?? tmpdir(), 'server-'));
  await chmod(dir, 0o755); // as root the database runs as another user
  return dir;
}
