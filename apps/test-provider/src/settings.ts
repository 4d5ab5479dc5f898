import { mkdirSync, realpathSync } from 'node:fs';
import { z } from 'zod';

export interface Settings {
  /** 0 takes a free port. */
  port: number;
  /** The real path of an existing folder: two spellings of one folder must compare equal. */
  dataDir: string;
  /** The API's bearer key, and the key that webhooks are signed with (see signature.ts). */
  secret: string;
}

const Environment = z.object({
  TEST_PROVIDER_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  TEST_PROVIDER_DATA_DIR: z.string().min(1),
  TEST_PROVIDER_SECRET: z.string().min(1),
});

/** Reads the environment and makes the data folder. Throws an Error that names every wrong variable. */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { TEST_PROVIDER_PORT: port, TEST_PROVIDER_DATA_DIR: dataDir, TEST_PROVIDER_SECRET: secret } = parsed.data;
  mkdirSync(dataDir, { recursive: true });
  return { port, dataDir: realpathSync(dataDir), secret };
}
