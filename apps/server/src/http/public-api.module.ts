import { type DynamicModule, Module } from '@nestjs/common';
import { GetJwks } from '#identity/contracts';
import type { Environment } from '#kernel';
import { HttpModule, OperationsHttpModule } from '#kernel/http';
import { contexts, edges } from '../contexts.js';

/** Every context's edge: the same on whichever process serves HTTP, wherever the contexts themselves run. */
@Module({})
export class PublicApiModule {
  static async forRoot(environment: Environment): Promise<DynamicModule> {
    return {
      module: PublicApiModule,
      imports: [
        ...(await edges()),
        HttpModule.forRoot(environment, GetJwks),
        OperationsHttpModule.of(Object.keys(contexts)),
      ],
    };
  }
}
