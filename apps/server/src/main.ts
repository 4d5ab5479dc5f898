import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
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
  const { serve } = await import('./serve.js');
  await serve({ settings, services, tell, fail });
}

async function fail(error: unknown): Promise<never> {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof WrongSettings) process.stderr.write(`${message}\n`);
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
