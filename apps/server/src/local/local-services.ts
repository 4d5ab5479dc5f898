import { resolve } from 'node:path';
import { makeDataDirectory, startEmbeddedPostgres } from '#kernel/postgres';
import type { Environment } from '#kernel/settings';
import { isServer, localPorts, ProcessesFile, type ProcessEntry } from './processes-file.js';
import { secretIn } from './secret-file.js';
import { startTestProvider } from './test-provider.js';

/** What a laptop lacks and production has: a database server, a payment provider, a broker. */
export interface LocalServices {
  /** The environment with their addresses. The database and the broker answer; the provider will. */
  readonly environment: Environment;
  /** Notes in processes.json what runs, this process at once. Waits for the provider, of which the address alone was needed so far. */
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

/** What a process stands on: `data` is a database and a payment provider, `bus` a secret, `redis` and `kafka` are brokers. */
export type Need = 'data' | 'bus' | 'redis' | 'kafka';

interface LocalOptions {
  readonly environment: Environment;
  readonly dataDir: string;
  readonly needs: readonly Need[];
  /** The path of the provider's main.js. */
  readonly providerEntry: string;
  readonly tell: (line: string) => void;
}

/**
 * Starts or adopts what is needed and the environment does not name: the database without DATABASE_URL, the provider
 * without TEST_PROVIDER_URL, Redis without REDIS_URL, Kafka without KAFKA_BROKERS. A secret that the environment does not
 * name is made once, and kept in the data directory.
 */
export async function startLocalServices(options: LocalOptions): Promise<LocalServices> {
  const { environment, dataDir, needs, providerEntry, tell } = options;
  await makeDataDirectory(dataDir);
  const folder = resolve(dataDir);
  const processes = new ProcessesFile(dataDir);
  const lacks = (need: Need, setting: string): boolean => needs.includes(need) && !environment[setting];
  const none = Promise.resolve(undefined);
  const addressed = Promise.withResolvers<string | undefined>();
  // The provider's comes when the server answers: until then both would only have less of the machine.
  const turn = Promise.withResolvers<void>();
  turn.promise.catch(() => undefined); // where it was not to be started, nobody waits for it
  const unwanted = () => turn.reject(new Error('The test provider was not started: what needs it stopped first.'));
  const providerSecret = lacks('data', 'TEST_PROVIDER_URL')
    ? environment['TEST_PROVIDER_SECRET'] || (await secretIn(folder, 'test-provider.secret'))
    : undefined;
  const provider = providerSecret
    ? startTestProvider({
        dataDir: folder,
        secret: providerSecret,
        entry: providerEntry,
        log: tell,
        onAddress: addressed.resolve,
        turn: turn.promise,
      })
    : none;
  provider.then((there) => addressed.resolve(there?.url), addressed.reject);
  const postgres = lacks('data', 'DATABASE_URL') ? startEmbeddedPostgres({ dataDir: folder, log: tell }) : none;
  // Loaded where they are needed: the monolith does without.
  const redis = lacks('redis', 'REDIS_URL')
    ? import('./redis.js').then(({ startRedis }) => startRedis({ dataDir: folder, log: tell }))
    : none;
  const kafka = lacks('kafka', 'KAFKA_BROKERS')
    ? import('./kafka.js').then(({ startKafka }) => startKafka({ dataDir: folder, log: tell }))
    : none;
  const services = { postgres, 'test-provider': provider, redis, kafka };
  const [database, providerUrl, ownRedis, ownKafka] = await Promise.all([
    postgres,
    addressed.promise,
    redis,
    kafka,
  ]).catch((error: unknown) => {
    unwanted();
    return abandon(Object.values(services), error);
  });
  const busKey = lacks('bus', 'CLEAVE_BUS_KEY') ? await secretIn(folder, 'bus.key') : undefined;
  const entriesOf = async (names: readonly (keyof typeof services)[]): Promise<ProcessEntry[]> => {
    const running = await Promise.all(names.map(async (name) => ({ name, service: await services[name] })));
    return running.flatMap(({ name, service }) =>
      service ? [{ name, replica: 1, pid: service.pid, ports: { [localPorts[name]!]: service.port } }] : [],
    );
  };
  const register = async (own: Omit<ProcessEntry, 'pid'>): Promise<void> => {
    turn.resolve();
    await processes.add({ ...own, pid: process.pid }, ...(await entriesOf(['postgres', 'redis', 'kafka'])));
    await processes.add(...(await entriesOf(['test-provider'])));
  };
  let registering: Promise<void> | undefined;
  return {
    environment: {
      ...environment,
      ...(database ? { DATABASE_URL: database.url } : {}),
      ...(providerUrl === undefined ? {} : { TEST_PROVIDER_URL: providerUrl, TEST_PROVIDER_SECRET: providerSecret }),
      ...(ownRedis ? { REDIS_URL: ownRedis.url } : {}),
      ...(ownKafka ? { KAFKA_BROKERS: ownKafka.url } : {}),
      ...(busKey === undefined ? {} : { CLEAVE_BUS_KEY: busKey }),
    },
    register: (own) => (registering = register(own)),
    stop: async () => {
      unwanted();
      await registering?.catch(() => undefined); // told already, as is the next
      const running = (
        await Promise.all(Object.values(services).map((service) => service.catch(() => undefined)))
      ).filter((service) => service !== undefined);
      await processes.remove(process.pid);
      if ((await processes.living()).some(isServer)) return;
      await Promise.all(running.map((service) => service.stop()));
      await processes.remove(...running.map(({ pid }) => pid));
    },
  };
}

/** One of them did not start: those that did stop again, for nobody would know of them. */
async function abandon(
  starting: readonly Promise<{ readonly adopted: boolean; stop(): Promise<void> } | undefined>[],
  error: unknown,
): Promise<never> {
  for (const outcome of await Promise.allSettled(starting))
    if (outcome.status === 'fulfilled' && outcome.value?.adopted === false) await outcome.value.stop();
  throw error;
}
