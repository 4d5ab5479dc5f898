import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { checkSettings, KernelSettings, kernelOptions, WrongSettings } from '#kernel';
import { createHttpApp, HttpSettings } from '#kernel/http';
import { PaymentsSettings } from '#payments';
import { allSettings } from './all-settings.js';
import { AppModule } from './app.module.js';
import { demoLogIn, fillEmptyShop } from './demo.js';
import { startLocalServices } from './local/local-services.js';
import { ServerSettings } from './server-settings.js';

const tell = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  checkSettings(Object.values(allSettings), process.env);
  const { NODE_ENV, CLEAVE_DATA_DIR: dataDir, CLEAVE_DEMO, CLEAVE_INSTANCE } = new ServerSettings(process.env);
  const { PORT: port } = new HttpSettings(process.env);
  const production = NODE_ENV === 'production';
  if (production && !process.env['DATABASE_URL']) {
    throw new WrongSettings(['DATABASE_URL=: must be set in production, where there is no embedded database']);
  }
  const services = production
    ? { environment: process.env, stop: () => Promise.resolve() }
    : await startLocalServices({
        environment: process.env,
        dataDir,
        port,
        testProviderSecret: new PaymentsSettings(process.env).TEST_PROVIDER_SECRET,
        tell,
      });

  const { environment } = services;
  const instance = CLEAVE_INSTANCE ?? `${hostname()}:${port}`;
  const app = await createHttpApp(AppModule.of(kernelOptions(new KernelSettings(environment), environment, instance)));
  let stopping: Promise<void> | undefined;
  const stop = (signal: string) => {
    stopping ??= (async () => {
      tell(`${signal}: finishing what was begun …`);
      await app.close();
      // `npm run dev` restarts with SIGTERM: the next one finds the database and the provider running.
      if (signal !== 'SIGTERM' || !process.env['CLEAVE_DEV']) await services.stop();
    })().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);

  await app.listen(port, '0.0.0.0');
  const url = `http://localhost:${port}`;
  if (!production && CLEAVE_DEMO === 'on') await fillEmptyShop(url, tell);
  tell(`
Cleave is ready.
  API        ${url}/api/v1
  Reference  ${url}/api/docs`);
  if (!production) tell(`  Log-in     ${demoLogIn.email} / ${demoLogIn.password}`);
  tell('');
}

function fail(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof WrongSettings) process.stderr.write(`${message}\n`);
  else if (code === 'EADDRINUSE')
    process.stderr.write(`${message}\nAnother process listens there. Set PORT to a free one.\n`);
  else
    process.stderr.write(
      `Cleave could not start: ${error instanceof Error ? (error.stack ?? message) : String(error)}\n`,
    );
  process.exit(1);
}

await main().catch(fail);
