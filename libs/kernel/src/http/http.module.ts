import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import type { Environment } from '../settings/settings.js';
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

/** What every process with an HTTP edge has. Imported once, beside the kernel. */
@Global()
@Module({})
export class HttpModule {
  /** `jwks` is the query by which the keys of access tokens are had. */
  static forRoot(environment: Environment, jwks: JwksQuery): DynamicModule {
    return {
      module: HttpModule,
      imports: [loggerModule(), HealthModule],
      providers: [
        { provide: HttpSettings, useFactory: () => new HttpSettings(environment) },
        { provide: JWKS_QUERY, useValue: jwks },
        Lifecycle,
        KeyRing,
        KnownMethods,
        RateLimits,
        BearerStrategy,
        { provide: APP_GUARD, useClass: BearerGuard },
        { provide: APP_PIPE, useClass: ContractPipe },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [HttpSettings, Lifecycle],
    };
  }
}
