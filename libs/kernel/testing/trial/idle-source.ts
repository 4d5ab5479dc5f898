import { Test } from '@nestjs/testing';
import { Clock } from '#kernel/base';
import { type Database, KernelModule, type KernelOptions, Registry } from '#kernel/core';
import { testDatabase, testKernelOptions } from '#kernel/testing';
import { SourceModule } from './trial.js';

export interface IdleSource {
  readonly database: Database;
  readonly clock: Clock;
  /** Of the database. */
  readonly url: string;
  close(): Promise<void>;
}

/** The trial's source on a real database, with nothing running: no relay reads its outbox, no worker handles its parked messages. */
export async function idleSource(options: Partial<KernelOptions> = {}): Promise<IdleSource> {
  const { url, drop } = await testDatabase();
  // Not initialised, and so its engines are not started.
  const module = await Test.createTestingModule({
    imports: [KernelModule.forRoot(testKernelOptions(url, options)), SourceModule],
  }).compile();
  module.useLogger(false);
  const database = module.get(Registry).databases.get('source')!;
  return {
    database,
    clock: module.get(Clock),
    url,
    close: async () => {
      await database.close();
      await drop();
    },
  };
}
