import type { INestApplication } from '@nestjs/common';
import { Metrics, Owner, Readiness, Registry } from '#kernel/core';
import type { ConnectedSplit } from './connected-split.js';
import { observe } from './observe.js';

/**
 * Lets others ask the contexts that run in this application, which is up already: as one of its microservices, so that Nest
 * ends it with the application. @nestjs/microservices is not loaded where there is nothing to serve.
 */
export async function joinSplit(app: INestApplication, split: ConnectedSplit): Promise<void> {
  observe(split, app.get(Readiness), app.get(Metrics));
  const registry = app.get(Registry);
  if (!split.calls || registry.databases.size === 0) return;
  const { CallServer } = await import('./call-server.js');
  app.connectMicroservice({ strategy: new CallServer(split.calls, app.get(Owner), registry) });
  await app.startAllMicroservices();
}
