import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { isAlive, withStartLock } from '#kernel/postgres';

export interface RunningTestProvider {
  url: string;
  pid: number;
  port: number;
  /** True when it ran already. */
  adopted: boolean;
  /** Ends the provider, whoever started it; one that no longer answers is left alone. It loses nothing. */
  stop(): Promise<void>;
}

export interface TestProviderOptions {
  /** The server's data folder; the provider's is `test-provider` in it. */
  dataDir: string;
  secret: string;
  /** The path of the provider's main.js. */
  entry: string;
  log(line: string): void;
}

const startWithin = 15_000;
const stopWithin = 5_000;
const answerWithin = 1_000;
const pollEvery = 25;

const Health = z.object({ status: z.literal('ok'), pid: z.int(), dataDir: z.string() });
const Where = z.object({ pid: z.int().positive(), port: z.int().positive(), url: z.url() });
type Where = z.infer<typeof Where>;

/**
 * The test payment provider of this data folder: the one that runs, or else a new one, on the port of the former where
 * that is free, since open payments' pages are under its address. It outlives this process, as a real provider would.
 * Rejects with the end of its log when it cannot be started within 15 s.
 */
export async function startTestProvider(options: TestProviderOptions): Promise<RunningTestProvider> {
  mkdirSync(join(options.dataDir, 'test-provider'), { recursive: true });
  const folder = realpathSync(join(options.dataDir, 'test-provider'));
  return withStartLock(join(folder, 'start.lock'), 2 * startWithin, async () => {
    const running = await findRunning(folder);
    if (running && !(await refusesSecret(running, options.secret))) {
      options.log(`test provider: ${running.url} runs already (pid ${running.pid})`);
      return { ...running, adopted: true, stop: () => stop(running, folder) };
    }
    if (running) {
      options.log(`test provider: pid ${running.pid} has another secret and is replaced`);
      await stop(running, folder);
    }
    const started = await start(folder, options);
    options.log(`test provider: ${started.url} started (pid ${started.pid})`);
    return { ...started, adopted: false, stop: () => stop(started, folder) };
  });
}

/** Tries the former port first; a provider that finds it taken ends at once. */
async function start(folder: string, options: TestProviderOptions): Promise<Where> {
  const until = Date.now() + startWithin;
  const former = readWhere(folder)?.port;
  for (const port of former === undefined ? [0] : [former, 0]) {
    const child = launch(folder, port, options);
    while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const running = await findRunning(folder);
      if (running?.pid === child.pid) return running;
      if (Date.now() > until) {
        child.kill('SIGKILL');
        throw new Error(`The test provider was not ready in time. ${endOfLog(folder)}`);
      }
      await wait(pollEvery);
    }
  }
  throw new Error(`The test provider could not start. ${endOfLog(folder)}`);
}

/** In a session of its own, so that neither Ctrl-C nor the end of this process reaches it. */
function launch(folder: string, port: number, options: TestProviderOptions): ChildProcess {
  const output = openSync(join(folder, 'provider.log'), 'a');
  try {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', resolve(options.entry)], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', output, output],
      // Only what it needs: the server's environment holds secrets and debugger ports that are not its own.
      env: {
        ...pick(process.env, ['PATH', 'TZ', 'SystemRoot']),
        TEST_PROVIDER_PORT: String(port),
        TEST_PROVIDER_DATA_DIR: folder,
        TEST_PROVIDER_SECRET: options.secret,
      },
    });
    child.once('error', (error) => options.log(`test provider: ${error.message}`));
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

/** The live provider that provider.json names. Its own word counts: a process id may long be another's. */
async function findRunning(folder: string): Promise<Where | undefined> {
  const where = readWhere(folder);
  if (!where) return undefined;
  const health = await ask(`${where.url}/health`);
  const said = Health.safeParse(await health?.json().catch(() => undefined));
  return said.success && said.data.pid === where.pid && said.data.dataDir === folder ? where : undefined;
}

async function refusesSecret({ url }: Where, secret: string): Promise<boolean> {
  const response = await ask(`${url}/v1/payments?limit=1`, { authorization: `Bearer ${secret}` });
  return response?.status === 401;
}

/** Undefined when nobody answers there: that is an answer too. */
async function ask(url: string, headers: Record<string, string> = {}): Promise<Response | undefined> {
  return fetch(url, { headers, signal: AbortSignal.timeout(answerWithin) }).catch(() => undefined);
}

async function stop(where: Where, folder: string): Promise<void> {
  const running = await findRunning(folder);
  if (running?.pid !== where.pid) return;
  process.kill(where.pid, 'SIGTERM');
  for (const until = Date.now() + stopWithin; await isAlive(where.pid); await wait(pollEvery))
    if (Date.now() > until) return void process.kill(where.pid, 'SIGKILL');
}

function readWhere(folder: string): Where | undefined {
  const text = readIfThere(join(folder, 'provider.json'));
  return text === undefined ? undefined : Where.parse(JSON.parse(text));
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function endOfLog(folder: string): string {
  const lines = readIfThere(join(folder, 'provider.log'))?.trimEnd().split('\n').slice(-12) ?? [];
  return `The end of ${join(folder, 'provider.log')}:\n${lines.join('\n')}`;
}

function pick(environment: NodeJS.ProcessEnv, names: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => names.includes(name)));
}
