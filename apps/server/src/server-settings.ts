import * as z from 'zod';
import { commaSeparated, settings } from '#kernel/base';

export class ServerSettings extends settings({
  NODE_ENV: {
    schema: z.enum(['development', 'test', 'production'], 'must be development, test or production'),
    default: 'development',
    doc: 'In production there is no embedded database, no test provider and no demo: what they stood for must be set.',
  },
  CLEAVE_DATA_DIR: {
    schema: z.string().min(1),
    default: '.data',
    doc: 'Where the embedded database, the test provider and processes.json live.',
  },
  CLEAVE_DEMO: {
    schema: z.enum(['on', 'off'], 'must be "on" or "off"').optional(),
    doc: 'on: an empty shop has demo accounts, with published passwords, and is filled with the demo catalogue. Needs the embedded\ndatabase, where it is on unless it is set to off. Never in production.',
  },
  CLEAVE_INTERCEPTORS: {
    schema: z
      .string()
      .optional()
      .transform((files = '') => commaSeparated(files).filter((file) => file !== '')),
    doc: 'Modules whose default export is an interceptor (docs/guides/interceptors.md), separated by commas: files that Node can load.',
  },
  CLEAVE_INSTANCE: {
    schema: z.string().min(1).max(100).optional(),
    doc: 'Names this process among those that share a database; the same name after a restart takes its work up at once. Unset: made of host and port.',
  },
}) {}
