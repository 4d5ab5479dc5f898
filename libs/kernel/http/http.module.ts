import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import type { Environment } from '#kernel/base';
import { ContextMetrics, ObservabilityModule } from '#kernel/core';
import { BearerGuard } from './bearer.guard.js';
import { BearerStrategy } from './bearer.strategy.js';
import { ContractPipe } from './contract.pipe.js';
import { HealthModule } from './health.module.js';
import { HttpSettings } from './http-settings.js';
import { JWKS_QUERY, type JwksQuery, KeyRing } from './key-ring.js';
import { KnownMethods } from './known-methods.js';
import { Lifecycle } from './lifecycle.js';
import { loggerModule } from './logging.js';
import { ProblemFilter } from './problem.filter.js';
import { RateLimits } from './rate-limits.js';
import { RequestDurations } from './request-durations.js';

/** What every process that answers HTTP has, be it to operators alone. Imported once, beside the kernel. */
@Global()
@Module({})
export class HttpModule {
  /** `jwks` is the query by which the keys of access tokens are had. Without it there is no API: health and metrics alone. */
  static forRoot(environment: Environment, jwks?: JwksQuery): DynamicModule {
    return {
      module: HttpModule,
      imports: [loggerModule(), ObservabilityModule, HealthModule],
      providers: [
        { provide: HttpSettings, useFactory: () => new HttpSettings(environment) },
        Lifecycle,
        KnownMethods,
        RateLimits,
        RequestDurations,
        ContextMetrics,
        { provide: APP_FILTER, useClass: ProblemFilter },
        ...(jwks ? apiProviders(jwks) : []),
      ],
      exports: [HttpSettings, Lifecycle],
    };
  }
}

/** Who asks, and whether what they ask is of the right shape. */
const apiProviders = (jwks: JwksQuery): Provider[] => [
  { provide: JWKS_QUERY, useValue: jwks },
  KeyRing,
  BearerStrategy,
  BearerGuard,
  { provide: APP_PIPE, useClass: ContractPipe },
];
