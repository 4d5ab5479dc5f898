import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '#kernel/testing';

const main = join(import.meta.dirname, '../../../dist/apps/server/src/main.js');

export interface ServerOptions {
  /** Settings beside the test's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** A data directory to go on with; else a new one. */
  readonly dataDir?: string;
}

/** The real server as its own process, on a data directory and a port of its own. */
export class RunningServer {
  private child: ChildProcess | undefined;
  output = '';

  private constructor(
    readonly port: number,
    readonly dataDir: string,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  static async start({ env = {}, dataDir }: ServerOptions = {}): Promise<RunningServer> {
    const server = new RunningServer(await freePort(), dataDir ?? (await newDataDir()), env);
    await server.launch();
    return server;
  }

  /** Starts the process (again) and waits until it answers. */
  async launch(): Promise<void> {
    const child = spawn(process.execPath, [main], {
      env: {
        PATH: process.env['PATH'],
        PORT: String(this.port),
        CLEAVE_DATA_DIR: this.dataDir,
        LOG_LEVEL: 'warn',
        ...this.env,
      },
      cwd: this.dataDir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    const end = once(child, 'exit').then(() => {
      throw new Error(`the server ended:\n${this.output}`);
    });
    end.catch(() => undefined); // after it was up, it may
    const ready = () => fetch(`${this.url}/health/ready`).then(({ ok }) => ok);
    await Promise.race([end, until(ready, 'the server answers', 40)]).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw new Error(`${String(error)}\n${this.output.slice(-4_000)}`);
    });
  }

  /** kill -9: the server alone; its database and its payment provider live on. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Stops the server as Ctrl-C does, and what it started with it. */
  async stop(): Promise<number | null> {
    await this.end('SIGTERM');
    await rm(this.dataDir, { recursive: true, force: true });
    return this.child?.exitCode ?? null;
  }

  /** Restarts it gracefully; its data stays. */
  async restart(): Promise<void> {
    await this.end('SIGTERM');
    await this.launch();
  }

  async processes(): Promise<{ name: string; replica: number; pid: number; ports: Record<string, number> }[]> {
    const file = join(this.dataDir, 'processes.json');
    await until(() => existsSync(file), 'the server, which answers, has said what runs');
    return JSON.parse(await readFile(file, 'utf8')) as never;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
}

export async function newDataDir(): Promise<string> {
  const dir = await mkdtemp(join(process.env['CLEAVE_TEST_DIR'] ?? tmpdir(), 'server-'));
  await chmod(dir, 0o755); // as root the database runs as another user
  return dir;
}

/**
 * A port that nobody listens on just now, below those that systems give out by themselves: nobody takes it before the
 * server does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '0.0.0.0', () => resolve(true));
    });
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
