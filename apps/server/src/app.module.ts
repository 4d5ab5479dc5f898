import { type DynamicModule, Module } from '@nestjs/common';
import { KernelModule, type KernelOptions } from '#kernel/core';
import { HttpModule } from '#kernel/http';
import { cores } from './contexts.js';
import { PublicApiModule } from './http/public-api.module.js';
import { everything, kindOf, type Place } from './place.js';

/**
 * What one process runs: the cores of its contexts, and the edge of every context where it serves the API. So a gateway
 * has every edge and no core, a context's process answers operators alone, and the monolith is all of it.
 */
@Module({})
export class AppModule {
  static async of(options: KernelOptions, place: Place = everything): Promise<DynamicModule> {
    const { http, contexts } = kindOf(place);
    const { environment } = options;
    return {
      module: AppModule,
      imports: [
        ...(await cores(contexts)),
        KernelModule.forRoot(options),
        http ? await PublicApiModule.forRoot(environment) : HttpModule.forRoot(environment),
      ],
    };
  }
}
