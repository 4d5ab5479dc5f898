import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { CannotStart, errorMessage, errorStack, WrongSettings } from '#kernel/base';
import { type LocalServices, type Needs, noLocalServices, startLocalServices } from '#kernel/local';
import { END_WITHIN_MS } from './end-within.js';
import type { Part } from './launch/part.js';
import { data } from './local-services.js';
import { ServerSettings } from './server-settings.js';

const HEAD_START_MS = 40;
const LONGEST_STOP_MS = 15_000;

/** They say all there is to say. By their names: each bundle has classes of its own. */
const explained = new Set([WrongSettings.name, 'WrongTopology', CannotStart.name]);

/** `isPart`: what is to be served is one process's part of a topology, not all of it. */
type LoadServe = (isPart: boolean) => Promise<typeof import('./serve.js')>;

let tell = (line: string): void => void process.stdout.write(`${line}\n`);
let services: Promise<LocalServices> | undefined;
let close = (): Promise<void> => Promise.resolve();

/** Starts what a laptop lacks, and meanwhile loads the rest, which serves until it is told to stop. Ends the process where that fails. */
export async function start(loadServe: LoadServe): Promise<void> {
  process.on('uncaughtException', crash);
  endWithParent();
  await begin(loadServe).catch(fail);
}

async function begin(loadServe: LoadServe): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { needs, place, launcher } = await part();
  if (launcher) ({ tell } = launcher);
  const settings = new ServerSettings(process.env);
  const production = settings.NODE_ENV === 'production';
  if (production && needs.services.some(({ setting }) => setting === 'DATABASE_URL') && !process.env['DATABASE_URL']) {
    throw new WrongSettings(['DATABASE_URL=: must be set in production, where there is no embedded database']);
  }
  const dataDir = settings.CLEAVE_DATA_DIR;
  const provide = (needed: Needs): Promise<LocalServices> =>
    production
      ? Promise.resolve(noLocalServices(process.env))
      : startLocalServices({ environment: process.env, dataDir, needs: needed, tell });
  services = provide(needs);
  services.catch(() => undefined); // awaited by whoever needs them
  if (launcher) return launcher.run({ dataDir, services, provide, fail });
  // To load the rest keeps this process busy for a while: they are let get as far as to run, which takes them milliseconds.
  await Promise.race([services, pause(HEAD_START_MS)]);
  const { serve } = await loadServe(place !== undefined);
  await serve({ settings, services, tell, fail, opened: (how) => (close = how), ...(place ? { place } : {}) });
}

/** All, where nothing else is said; what could say it is not even loaded then. */
async function part(): Promise<Part> {
  const args = process.argv.slice(2);
  const { CLEAVE_TOPOLOGY, CLEAVE_PROCESS } = process.env;
  if (args.length === 0 && !CLEAVE_TOPOLOGY && !CLEAVE_PROCESS) return { needs: data };
  return (await import('./launch/part.js')).partOf(args, process.env);
}

/** Whoever started this process with a channel holds it by that: it does not outlive them, however they end. */
function endWithParent(): void {
  if (!process.connected) return;
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true; // else it would end at once, and finish nothing
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined); // nobody is left to read it
  process.once('disconnect', () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), END_WITHIN_MS).unref();
    process.kill(process.pid, 'SIGTERM');
  });
}

/** Node would print all that an error carries, a whole row of the database among it. */
function crash(error: unknown): never {
  process.stderr.write(`Cleave ends by an error that nothing has caught: ${errorStack(error)}\n`);
  process.exit(1);
}

/** What failed is the last thing that is told: all that stops says meanwhile follows from it. */
async function fail(error: unknown): Promise<never> {
  process.off('uncaughtException', crash).on('uncaughtException', () => undefined);
  const stopped = (async () => {
    await close().catch(() => undefined);
    await services?.then((running) => running.stop()).catch(() => undefined);
  })();
  await Promise.race([stopped, pause(LONGEST_STOP_MS)]);
  const { syscall, message, name } = error as NodeJS.ErrnoException;
  if (explained.has(name)) process.stderr.write(`${message}\n`);
  else if (syscall === 'listen' || syscall === 'bind')
    process.stderr.write(
      `${errorMessage(error)}\nSet PORT to one that is free and that this user may listen on, HOST to an address of this machine.\n`,
    );
  else process.stderr.write(`Cleave could not start: ${errorStack(error)}\n`);
  process.exit(1);
}
