import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { closedFolder, endOfLog, endProcess, freePort, isAlive, withStartLock } from '#kernel/local';

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
  /** Told where it will be, before it answers there: what needs no more than the address need not wait. */
  onAddress?(url: string): void;
  /** When a new one may be started; at once, where nothing else is said. */
  turn?: Promise<unknown>;
}

const startWithin = 15_000;
const stopWithin = 5_000;
const answerWithin = 10_000;
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
  const folder = await closedFolder(join(options.dataDir, 'test-provider'));
  return withStartLock(join(folder, 'start.lock'), 2 * startWithin, async () => {
    const running = await findRunning(folder);
    if (running && !(await refusesSecret(running, options.secret))) {
      options.onAddress?.(running.url);
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

/** On the former port, or, where that is taken, on a free one. */
async function start(folder: string, options: TestProviderOptions): Promise<Where> {
  const port = await freePort(readWhere(folder)?.port);
  options.onAddress?.(`http://127.0.0.1:${port}`);
  await options.turn;
  const another = await findRunning(folder); // still starting when it was looked for: its server was killed
  if (another) await stop(another, folder);
  const until = Date.now() + startWithin;
  const child = launch(folder, port, options);
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const running = await findRunning(folder);
    if (running?.pid === child.pid) return running;
    if (Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`The test provider was not ready in time. ${logOf(folder)}`);
    }
    await wait(pollEvery);
  }
  throw new Error(`The test provider could not start. ${logOf(folder)}`);
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

/** The live provider that provider.json names. Its own word counts, also a late one's: a process id may long be another's. */
async function findRunning(folder: string): Promise<Where | undefined> {
  const where = readWhere(folder);
  if (!where || !(await isAlive(where.pid))) return undefined;
  const said = Health.safeParse((await ask(`${where.url}/health`))?.body);
  return said.success && said.data.pid === where.pid && said.data.dataDir === folder ? where : undefined;
}

async function refusesSecret({ url }: Where, secret: string): Promise<boolean> {
  const answer = await ask(`${url}/v1/payments?limit=1`, { authorization: `Bearer ${secret}` });
  return answer?.status === 401;
}

/** Undefined when nobody answers there: that is an answer too. Not by fetch, which takes a tenth of the start to load. */
function ask(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; body: unknown } | undefined> {
  return new Promise((resolve) => {
    const nobody = () => resolve(undefined);
    const read = async (response: IncomingMessage) =>
      resolve({ status: response.statusCode, body: await json(response).catch(() => undefined) });
    request(
      url,
      { headers, agent: false, signal: AbortSignal.timeout(answerWithin) },
      (response) => void read(response),
    )
      .on('error', nobody)
      .end();
  });
}

async function stop(where: Where, folder: string): Promise<void> {
  const running = await findRunning(folder);
  if (running?.pid !== where.pid) return;
  await endProcess(where.pid, stopWithin);
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

function logOf(folder: string): string {
  const file = join(folder, 'provider.log');
  return endOfLog(file, readIfThere(file) ?? '');
}

function pick(environment: NodeJS.ProcessEnv, names: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => names.includes(name)));
}
