import { existsSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WrongSettings } from '#kernel/settings';
import { type LocalServices, noLocalServices, startLocalServices } from './local/local-services.js';
import { ServerSettings } from './server-settings.js';

// Little is imported here: the database and the payment provider start while the rest is being loaded.
enableCompileCache();

const tell = (line: string): void => void process.stdout.write(`${line}\n`);
let services: Promise<LocalServices> | undefined;

async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const settings = new ServerSettings(process.env);
  const production = settings.NODE_ENV === 'production';
  if (production && !process.env['DATABASE_URL']) {
    throw new WrongSettings(['DATABASE_URL=: must be set in production, where there is no embedded database']);
  }
  services = production
    ? Promise.resolve(noLocalServices(process.env))
    : startLocalServices({ environment: process.env, dataDir: settings.CLEAVE_DATA_DIR, tell });
  services.catch(() => undefined); // awaited by serve
  const { serve } = await load();
  await serve({ settings, services, tell, fail });
  flushCompileCache(); // else only an orderly end would keep it
}

/** The build puts all of it into one file: to load two thousand takes a second. What is being edited is loaded as it is. */
function load(): Promise<typeof import('./serve.js')> {
  const bundle = join(import.meta.dirname, 'serve.bundle.cjs');
  return process.env['CLEAVE_DEV'] || !existsSync(bundle) ? import('./serve.js') : import(pathToFileURL(bundle).href);
}

async function fail(error: unknown): Promise<never> {
  const { code, message } = error as NodeJS.ErrnoException;
  // By its name: the bundle has a class of its own.
  if ((error as Error).name === WrongSettings.name) process.stderr.write(`${message}\n`);
  else if (code === 'EADDRINUSE')
    process.stderr.write(`${message}\nAnother process listens there. Set PORT to a free one.\n`);
  else
    process.stderr.write(
      `Cleave could not start: ${error instanceof Error ? (error.stack ?? message) : String(error)}\n`,
    );
  await services?.then((running) => running.stop()).catch(() => undefined); // what failed is told already
  process.exit(1);
}

await main().catch(fail);
