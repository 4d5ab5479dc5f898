import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import type { Environment } from '#kernel/base';
import { ContextMetrics, ObservabilityModule } from '#kernel/core';
import { type ApiOptions, EdgeModule } from '#kernel/edge';
import { BearerGuard } from './bearer.guard.js';
import { ContractPipe } from './contract.pipe.js';
import { HealthModule } from './health.module.js';
import { HttpSettings } from './http-settings.js';
import { KnownMethods } from './known-methods.js';
import { Lifecycle } from './lifecycle.js';
import { loggerModule } from './logging.js';
import { ProblemFilter } from './problem.filter.js';
import { RequestLimits } from './request-limits.js';
import { RequestDurations } from './request-durations.js';

/** What every process that answers HTTP has, be it to operators alone. Imported once, beside the kernel. */
@Global()
@Module({})
export class HttpModule {
  /** A process without `api` serves health and metrics alone. */
  static forRoot(environment: Environment, api?: ApiOptions): DynamicModule {
    return {
      module: HttpModule,
      imports: [EdgeModule.forRoot(environment, api), loggerModule(), ObservabilityModule, HealthModule],
      providers: [
        { provide: HttpSettings, useFactory: () => new HttpSettings(environment) },
        Lifecycle,
        KnownMethods,
        RequestLimits,
        RequestDurations,
        ContextMetrics,
        { provide: APP_FILTER, useClass: ProblemFilter },
        ...(api ? apiProviders : []),
      ],
      exports: [HttpSettings, Lifecycle],
    };
  }
}

/** The API's own providers: the guard of its routes, and the pipe that checks bodies against contracts. */
const apiProviders: Provider[] = [BearerGuard, { provide: APP_PIPE, useClass: ContractPipe }];
