import { type DynamicModule, Module } from '@nestjs/common';
import { KernelModule, type KernelOptions } from '#kernel';
import { cores } from './contexts.js';
import { PublicApiModule } from './http/public-api.module.js';

/** The monolith: the core and the edge of every context. */
@Module({})
export class AppModule {
  static async of(options: KernelOptions): Promise<DynamicModule> {
    return {
      module: AppModule,
      imports: [...(await cores()), KernelModule.forRoot(options), await PublicApiModule.forRoot(options.environment)],
    };
  }
}
