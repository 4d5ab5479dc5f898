import { chmod, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isAlive } from './process-identity.js';
import type { RunningService } from './local-service.js';
import { withStartLock } from './start-lock.js';

const POLL_MS = 25;
const STOPS_WITHIN_MS = 10_000;

/** Does something in a service's folder while no other process does so: of racing starts one launches, the others find it. */
export async function inFolder<T>(path: string, waitMs: number, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await closedFolder(path);
  return withStartLock(join(folder, 'start.lock'), waitMs, () => work(folder));
}

/** A service's folder, which other users may not enter, whatever is in it from before. Answers its real path. */
export async function closedFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o700);
  return realpath(path);
}

const pidFile = (folder: string): string => join(folder, 'service.pid');

/** Writes down who runs on the folder. */
export async function keepPid(folder: string, pid: number): Promise<void> {
  await writeFile(pidFile(folder), (await identityOf(pid)) ?? '');
}

/** Who runs on the folder, whether it answers or not: two at once would spoil its data. */
export async function livingPid(folder: string): Promise<number | undefined> {
  const identity = await readFile(pidFile(folder), 'utf8').catch(() => ''); // of a first start there is none
  const pid = Number.parseInt(identity, 10);
  return pid > 0 && (await identityOf(pid)) === identity ? pid : undefined;
}

/** A service that runs on the folder: it is ended only where it still does. */
export const runningOn = (folder: string, service: Omit<RunningService, 'stop'>): RunningService => ({
  ...service,
  stop: async () => {
    if ((await livingPid(folder)) === service.pid) await endProcess(service.pid, STOPS_WITHIN_MS);
  },
});

/** Asks until the service answers. @throws Error with the end of its log where it ends before, or takes longer: it is killed then */
export async function untilItAnswers<Answer>(
  service: { readonly name: string; readonly pid: number; readonly logFile: string; readonly withinMs: number },
  ask: () => Promise<Answer | false | undefined>,
): Promise<Answer> {
  const { name, pid, logFile, withinMs } = service;
  for (const until = performance.now() + withinMs; performance.now() < until; await sleep(POLL_MS)) {
    const answer = await ask();
    if (answer) return answer;
    if (!(await isAlive(pid))) break;
  }
  if (await isAlive(pid)) signal(pid, 'SIGKILL');
  const said = await readFile(logFile, 'utf8').catch(() => 'nothing');
  throw new Error(`${name} did not start. ${endOfLog(logFile, said)}`);
}

/** Ends a process, by force where it takes longer. */
export async function endProcess(pid: number, withinMs: number): Promise<void> {
  signal(pid, 'SIGTERM');
  for (const until = performance.now() + withinMs; await isAlive(pid); await sleep(POLL_MS))
    if (performance.now() > until) signal(pid, 'SIGKILL');
}

/** Nothing where it has ended just now. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What its log says last, with the place to read more. */
export const endOfLog = (file: string, text: string): string =>
  `The end of ${file}:\n${text.trimEnd().split('\n').slice(-12).join('\n')}`;
