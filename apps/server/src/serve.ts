import { hostname } from 'node:os';
import { QueryBus } from '@nestjs/cqrs';
import { checkSettings, KernelSettings, kernelOptions } from '#kernel';
import { createHttpApp, HttpSettings } from '#kernel/http';
import { allSettings } from './all-settings.js';
import { AppModule } from './app.module.js';
import { demoCustomer, demoLogIn, fillEmptyShop } from './demo.js';
import type { LocalServices } from './local/local-services.js';
import type { ServerSettings } from './server-settings.js';

interface Serving {
  readonly settings: ServerSettings;
  readonly services: Promise<LocalServices>;
  readonly tell: (line: string) => void;
  readonly fail: (error: unknown) => Promise<never>;
}

/** Runs the shop until it is told to stop. */
export async function serve({ settings, services: starting, tell, fail }: Serving): Promise<void> {
  checkSettings(Object.values(await allSettings()), process.env);
  const http = new HttpSettings(process.env);
  const { PORT: port } = http;
  const services = await starting;
  const environment = {
    ...services.environment,
    PAYMENTS_WEBHOOK_URL: process.env['PAYMENTS_WEBHOOK_URL'] || `http://127.0.0.1:${port}/api/v1/webhooks`,
  };
  const instance = settings.CLEAVE_INSTANCE ?? `${hostname()}:${port}`;
  const app = await createHttpApp(
    await AppModule.of(kernelOptions(new KernelSettings(environment), environment, instance)),
    http,
  );
  let stopping: Promise<unknown> | undefined;
  const stop = (signal: string) => {
    stopping ??= (async () => {
      tell(`${signal}: finishing what was begun …`);
      await app.close();
      // `npm run dev` restarts with SIGTERM: the next one finds the database and the provider running.
      if (signal !== 'SIGTERM' || !process.env['CLEAVE_DEV']) await services.stop();
      process.exit(0);
    })().catch(fail);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);

  await app.listen(port, '0.0.0.0');
  await services.register(port);
  const production = settings.NODE_ENV === 'production';
  const url = `http://localhost:${port}`;
  if (!production && settings.CLEAVE_DEMO === 'on') {
    await fillEmptyShop(url, app.get(QueryBus), tell).catch((error: unknown) => {
      if (!stopping) throw error; // told to stop meanwhile: the next start goes on
    });
  }
  if (stopping) return;
  tell(`
Cleave is ready.
  API        ${url}/api/v1
  Reference  ${url}/api/docs`);
  if (!production) {
    tell(`  Log-in     ${demoLogIn.email} / ${demoLogIn.password}`);
    tell(`  Customer   ${demoCustomer.email} / ${demoCustomer.password}`);
  }
  tell('');
}
