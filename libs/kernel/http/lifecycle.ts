import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

/** Where this process is between its start and its end. */
@Injectable()
export class Lifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  started = false;
  stopping = false;

  onApplicationBootstrap(): void {
    this.started = true;
  }

  /** The first thing that a shutdown does. */
  onModuleDestroy(): void {
    this.stopping = true;
  }
}
