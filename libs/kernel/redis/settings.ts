import * as z from 'zod';
import { settings } from '#kernel/base';

export class RedisSettings extends settings({
  REDIS_URL: {
    schema: z
      .string()
      .regex(/^rediss?:\/\//, 'must be a URL that begins with redis:// or rediss://')
      .optional(),
    doc: 'redis://user:password@host:port/database, for topologies whose calls or events go by redis.',
  },
  REDIS_CA_FILE: {
    schema: z.string().optional(),
    doc: 'The certificates, in PEM, that one of Redis must be signed by where it is rediss://. Unset: those that Node knows.',
  },
}) {}
