import type { LocalService } from '../local-service.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';

/** The embedded PostgreSQL server, where DATABASE_URL is unset. */
export const embeddedPostgres: LocalService = {
  name: 'postgres',
  port: 'postgres',
  setting: 'DATABASE_URL',
  start: async ({ dataDir, tell }) => {
    const { url, ...server } = await startEmbeddedPostgres({ dataDir, log: tell });
    return { ...server, environment: { DATABASE_URL: url } };
  },
};
