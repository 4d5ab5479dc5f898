import { join, resolve } from 'node:path';
import { embeddedPostgres, type LocalService, type Needs, secretIn } from '#kernel/local';
import { startTestProvider } from './local/test-provider.js';

/** The payment provider to develop against, where TEST_PROVIDER_URL is unset. It starts when the server answers. */
const testProvider: LocalService = {
  name: 'test-provider',
  port: 'http',
  setting: 'TEST_PROVIDER_URL',
  start: async ({ dataDir, environment, tell, announce, serving }) => {
    const secret = environment['TEST_PROVIDER_SECRET'] || (await secretIn(resolve(dataDir), 'test-provider.secret'));
    const settings = (url: string) => ({ TEST_PROVIDER_URL: url, TEST_PROVIDER_SECRET: secret });
    const { url, ...provider } = await startTestProvider({
      dataDir,
      secret,
      entry: join(import.meta.dirname, '../../test-provider/src/main.js'),
      log: tell,
      onAddress: (address) => announce(settings(address)),
      turn: serving,
    });
    return { ...provider, environment: settings(url) };
  },
};

/** The needs of a process with contexts: a database and a payment provider. The monolith has no others. */
export const data: Needs = { services: [embeddedPostgres, testProvider], secrets: {} };

/** The needs of every process of a topology, beside its brokers. */
export const bus: Needs = { services: [], secrets: { CLEAVE_BUS_KEY: 'bus.key' } };

/** The union of several needs. */
export const together = (...needs: readonly Needs[]): Needs => ({
  services: needs.flatMap(({ services }) => services),
  secrets: Object.assign({}, ...needs.map(({ secrets }) => secrets)) as Needs['secrets'],
});
