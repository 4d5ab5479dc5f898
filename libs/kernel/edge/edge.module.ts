import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import type { Environment } from '#kernel/base';
import { API_OPTIONS, type ApiOptions } from './api-options.js';
import { EdgeSettings } from './edge-settings.js';
import { JWKS_QUERY, KeyRing } from './key-ring.js';
import { RateLimits } from './rate-limits.js';
import { TokenStrategy } from './token.strategy.js';
import { WhoAsks } from './who-asks.js';

/** The providers that all edges of a process share: authentication and rate limits. */
@Global()
@Module({})
export class EdgeModule {
  /** A process without `api` answers operators alone, who show no token. */
  static forRoot(environment: Environment, api?: ApiOptions): DynamicModule {
    return {
      module: EdgeModule,
      providers: [
        { provide: EdgeSettings, useFactory: () => new EdgeSettings(environment) },
        RateLimits,
        { provide: API_OPTIONS, useValue: api },
        ...(api ? apiProviders(api) : []),
      ],
      exports: [RateLimits, API_OPTIONS, ...(api ? [WhoAsks] : [])],
    };
  }
}

const apiProviders = ({ jwks }: ApiOptions): Provider[] => [
  { provide: JWKS_QUERY, useValue: jwks },
  KeyRing,
  TokenStrategy,
  WhoAsks,
];
