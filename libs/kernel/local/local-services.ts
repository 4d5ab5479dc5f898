import { resolve } from 'node:path';
import type { Environment } from '#kernel/base';
import type { LocalService, RunningService } from './local-service.js';
import { KeptService } from './kept-service.js';
import { makeDataDirectory } from './postgres/data-directory.js';
import { isServer, ProcessesFile, type ProcessEntry } from './processes-file.js';
import { secretIn } from './secret-file.js';

/** The services that run beside a server on a laptop. */
export interface LocalServices {
  /** The environment with their addresses. All answer, but those that announced their address: they will. */
  readonly environment: Environment;
  /** Notes in processes.json what runs, this process at once. Starts again, from then on, each service that dies. */
  register(own: Omit<ProcessEntry, 'pid'>): Promise<void>;
  /** Stops them, unless another server still uses them. */
  stop(): Promise<void>;
}

/** In production: nothing is started. */
export const noLocalServices = (environment: Environment): LocalServices => ({
  environment,
  register: () => Promise.resolve(),
  stop: () => Promise.resolve(),
});

/** The services and secrets that a server needs. */
export interface Needs {
  readonly services: readonly LocalService[];
  /** Settings that are secrets, and the files of the data directory that keep them, made at the first start. */
  readonly secrets: Readonly<Record<string, string>>;
}

interface LocalOptions {
  readonly environment: Environment;
  readonly dataDir: string;
  readonly needs: Needs;
  readonly tell: (line: string) => void;
}

/** Starts or adopts the services, and reads the secrets, that the environment does not name. */
export async function startLocalServices({ environment, dataDir, needs, tell }: LocalOptions): Promise<LocalServices> {
  await makeDataDirectory(dataDir);
  const folder = resolve(dataDir);
  const processes = new ProcessesFile(folder);
  const serving = Promise.withResolvers<void>();
  serving.promise.catch(() => undefined); // where no service waits for it
  const abandoned = () => serving.reject(new Error('The service was not started: its server stopped first.'));
  const services = needs.services
    .filter(({ setting }) => !environment[setting])
    .map((service) => new KeptService(service, { dataDir: folder, environment, tell, serving: serving.promise }));
  const addresses = await Promise.all(services.map(({ address }) => address)).catch(async (error: unknown) => {
    abandoned();
    await abandon(services);
    throw error;
  });
  const missing = Object.entries(needs.secrets).filter(([setting]) => !environment[setting]);
  const secrets = await Promise.all(missing.map(async ([setting, file]) => [setting, await secretIn(folder, file)]));
  const note = async (some: readonly KeptService[]): Promise<void> => {
    await processes.add(...(await Promise.all(some.map((service) => service.entry()))));
  };
  const register = async (own: Omit<ProcessEntry, 'pid'>): Promise<void> => {
    serving.resolve();
    await processes.add({ ...own, pid: process.pid });
    const awaited = services.filter(({ isAwaited }) => isAwaited);
    await note(services.filter((service) => !awaited.includes(service)));
    await note(awaited);
    for (const service of services) service.keep(() => note([service]));
  };
  let registering: Promise<void> | undefined;
  return {
    environment: Object.assign({}, environment, ...addresses, Object.fromEntries(secrets)) as Environment,
    register: (own) => (registering = register(own)),
    stop: async () => {
      abandoned();
      await registering?.catch(() => undefined); // told already, as is the next
      const running = (await Promise.all(services.map((service) => service.release()))).filter(
        (one) => one !== undefined,
      );
      await processes.remove(process.pid);
      if ((await processes.living()).some(isServer)) return;
      await Promise.all(running.map((service) => service.stop()));
      await processes.remove(...running.map(({ pid }) => pid));
    },
  };
}

/** One of them did not start: those that did stop again, for nobody would know of them. */
async function abandon(services: readonly KeptService[]): Promise<void> {
  const running: (RunningService | undefined)[] = await Promise.all(services.map((service) => service.release()));
  for (const service of running) if (service?.adopted === false) await service.stop();
}
