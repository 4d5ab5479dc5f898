import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { Logger } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { demoAdministrator, demoCustomer } from '#identity/contracts';
import { checkSettings, type Environment } from '#kernel/base';
import { kernelOptions, KernelSettings } from '#kernel/core';
import { createHttpApp, HttpSettings, letGo } from '#kernel/http';
import type { LocalServices } from '#kernel/local';
import { AppModule } from './app.module.js';
import { demoSetting } from './demo-setting.js';
import { fillEmptyShop } from './demo.js';
import { interceptorsOf } from './interceptors.js';
import { everything, kindOf, type Place } from './place.js';
import { settingsOf } from './process-settings.js';
import type { ServerSettings } from './server-settings.js';

/** So long clients are told to connect anew when others may serve on: longer than they were told that a connection may idle. */
const LET_GO_WITHIN_MS = 5_000;

interface Serving {
  readonly settings: ServerSettings;
  readonly services: Promise<LocalServices>;
  readonly place?: Place;
  readonly tell: (line: string) => void;
  readonly fail: (error: unknown) => Promise<never>;
  /** Told how the application is closed, once there is one. */
  readonly opened: (close: () => Promise<void>) => void;
}

/** The monolith speaks over no broker: nothing of one is in its bundle. */
const alone: typeof import('./split.js') = {
  brokersOf: () => [],
  connect: () => Promise.resolve(undefined),
  joinSplit: () => Promise.resolve(),
};

/** Runs the shop, or one process's part of it, until it is told to stop. */
export async function serve({
  settings,
  services: starting,
  place = everything,
  tell,
  fail,
  opened,
}: Serving): Promise<void> {
  const { http: api, contexts } = kindOf(place);
  const { brokersOf, connect, joinSplit } = place === everything ? alone : await import('./split.js');
  checkSettings(Object.values(await settingsOf(contexts, brokersOf(place.topology))), process.env);
  const interceptors = interceptorsOf(settings);
  const http = new HttpSettings(process.env);
  const services = await starting;
  const demo = await demoSetting(settings, services.environment);
  const environment: Environment = {
    ...services.environment,
    CLEAVE_DEMO: demo,
    // Only who serves the API knows where it is.
    ...(api && !process.env['PAYMENTS_WEBHOOK_URL']
      ? { PAYMENTS_WEBHOOK_URL: `http://127.0.0.1:${http.PORT}/api/v1/webhooks` }
      : {}),
  };
  const instance = settings.CLEAVE_INSTANCE ?? `${hostname()}:${http.PORT || process.pid}`;
  Logger.attachBuffer(); // what is told before the application's own log is there
  const split = await connect({ topology: place.topology, contexts, environment, instance });
  const options = {
    ...kernelOptions(new KernelSettings(environment), environment, instance),
    interceptors,
    split,
  };
  const app = await createHttpApp(await AppModule.of(options, place), http, { api });
  opened(() => app.close());
  let stopping: Promise<unknown> | undefined;
  const stop = (signal: string) => {
    stopping ??= (async () => {
      tell(`${signal}: finishing what was begun …`);
      // By Ctrl-C nobody serves on; while editing nobody minds.
      if (api && signal === 'SIGTERM' && !process.env['CLEAVE_DEV']) await letGo(app.getHttpServer(), LET_GO_WITHIN_MS);
      await app.close();
      // `npm run dev` restarts with SIGTERM: the next one finds the database and the provider running.
      if (signal !== 'SIGTERM' || !process.env['CLEAVE_DEV']) await services.stop();
      process.exit(0);
    })().catch(fail);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);

  await app.init();
  if (split) await joinSplit(app, split);
  const production = settings.NODE_ENV === 'production';
  await app.listen(http.PORT, http.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'));
  const { port } = app.getHttpServer().address() as AddressInfo;
  const replica = Number(/-(\d+)$/.exec(settings.CLEAVE_INSTANCE ?? '')?.[1] ?? 1);
  const name = place === everything ? 'server' : place.process;
  await services.register({ name, replica, ports: { http: port }, api });
  process.send?.({ listening: port }); // whoever launched this waits for it
  const url = `http://localhost:${port}`;
  if (!api) return tell(`${name} is ready: ${url}/health/ready, ${url}/metrics`);
  if (demo === 'on' && replica === 1) {
    await fillEmptyShop(url, app.get(QueryBus), tell).catch((error: unknown) => {
      if (!stopping) throw error; // told to stop meanwhile: the next start goes on
    });
  }
  if (stopping) return;
  tell(`
Cleave is ready.
  API        ${url}/api/v1
  Reference  ${url}/api/docs`);
  if (demo === 'on') {
    tell(`  Log-in     ${demoAdministrator.email} / ${demoAdministrator.password}`);
    tell(`  Customer   ${demoCustomer.email} / ${demoCustomer.password}`);
  }
  tell('');
}
