import type { Environment } from '#kernel/base';
import type { Interceptor } from './interceptors/interceptor.js';
import type { KernelSettings } from './kernel-settings.js';
import type { RetentionDays } from './outbox/retention.js';
import type { Split } from './ports/split.js';

export const KERNEL_OPTIONS = Symbol('cleave:kernel-options');

/** The kernel's options; `kernelOptions()` makes them from the settings. */
export interface KernelOptions {
  readonly environment: Environment;
  readonly databaseUrl: string | undefined;
  readonly migrate: boolean;
  readonly rehearsal: string | undefined;
  readonly poolSize: number;
  readonly callTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly maxAttempts: number;
  readonly retentionDays: RetentionDays;
  /** Connects this process with those that run the other contexts; absent where all run here. */
  readonly split?: Split | undefined;
  /** Stand around what the kernel does, the first outermost. */
  readonly interceptors?: readonly Interceptor[];
  /** Names this process among those that share a database. With the same name after a restart it gets its leases back at once. */
  readonly instance: string;
}

/** The kernel's options from its settings. */
export function kernelOptions(settings: KernelSettings, environment: Environment, instance: string): KernelOptions {
  return {
    environment,
    instance,
    databaseUrl: settings.DATABASE_URL,
    migrate: settings.CLEAVE_MIGRATE,
    rehearsal: settings.CLEAVE_REHEARSAL,
    poolSize: settings.CLEAVE_POOL_SIZE,
    callTimeoutMs: settings.CLEAVE_CALL_TIMEOUT_MS,
    transactionTimeoutMs: settings.CLEAVE_TRANSACTION_TIMEOUT_MS,
    maxAttempts: settings.CLEAVE_MAX_ATTEMPTS,
    retentionDays: {
      outbox: settings.CLEAVE_OUTBOX_DAYS,
      inbox: settings.CLEAVE_INBOX_DAYS,
      calls: settings.CLEAVE_CALL_DAYS,
    },
  };
}
