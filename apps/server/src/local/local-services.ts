import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres } from '#kernel/postgres';
import type { Environment } from '#kernel/settings';
import { ProcessesFile } from './processes-file.js';
import { startTestProvider } from './test-provider.js';

/** What a laptop lacks and production has: a database server and a payment provider. */
export interface LocalServices {
  /** The environment with their addresses. */
  readonly environment: Environment;
  /** Notes in processes.json what runs, this server on `port` among it. */
  register(port: number): Promise<void>;
  /** Stops them, unless another server still uses them. */
  stop(): Promise<void>;
}

/** In production: nothing is started. */
export const noLocalServices = (environment: Environment): LocalServices => ({
  environment,
  register: () => Promise.resolve(),
  stop: () => Promise.resolve(),
});

interface LocalOptions {
  readonly environment: Environment;
  readonly dataDir: string;
  readonly tell: (line: string) => void;
}

/** Starts or adopts what the environment does not name: the database without DATABASE_URL, the provider without TEST_PROVIDER_URL. */
export async function startLocalServices({ environment, dataDir, tell }: LocalOptions): Promise<LocalServices> {
  await mkdir(dataDir, { recursive: true });
  const processes = new ProcessesFile(dataDir);
  const secret = environment['TEST_PROVIDER_SECRET'] || 'test-provider-secret';
  const [postgres, provider] = await Promise.all([
    environment['DATABASE_URL'] ? undefined : startEmbeddedPostgres({ dataDir: resolve(dataDir), log: tell }),
    environment['TEST_PROVIDER_URL']
      ? undefined
      : startTestProvider({
          dataDir: resolve(dataDir),
          secret,
          entry: join(import.meta.dirname, '../../../test-provider/src/main.js'),
          log: tell,
        }),
  ]);
  return {
    environment: {
      ...environment,
      ...(postgres ? { DATABASE_URL: postgres.url } : {}),
      ...(provider ? { TEST_PROVIDER_URL: provider.url, TEST_PROVIDER_SECRET: secret } : {}),
    },
    register: (port) =>
      processes.add(
        { name: 'server', replica: 1, pid: process.pid, ports: { http: port } },
        ...(postgres ? [{ name: 'postgres', replica: 1, pid: postgres.pid, ports: { postgres: postgres.port } }] : []),
        ...(provider ? [{ name: 'test-provider', replica: 1, pid: provider.pid, ports: { http: provider.port } }] : []),
      ),
    stop: async () => {
      const others = (await processes.living()).filter(({ name, pid }) => name === 'server' && pid !== process.pid);
      await processes.remove(process.pid);
      if (others.length > 0) return;
      await Promise.all([postgres?.stop(), provider?.stop()]);
      await processes.remove(...[postgres?.pid, provider?.pid].filter((pid) => pid !== undefined));
    },
  };
}
