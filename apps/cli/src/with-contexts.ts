import { hostname } from 'node:os';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Environment } from '#kernel/base';
import { kernelOptions, KernelSettings } from '#kernel/core';
import type { Topology } from '#kernel/topology';
import { AppModule } from '../../server/src/app.module.js';
import { everything } from '../../server/src/place.js';

/** Opens the databases of the contexts, all or those of a monolith of some. Nothing is started, so nothing is consumed. */
export async function withContexts<Result>(
  environment: Environment,
  work: (app: INestApplication) => Promise<Result>,
  topology: Topology = everything.topology,
): Promise<Result> {
  const options = kernelOptions(new KernelSettings(environment), environment, `${hostname()}:cli`);
  const module = await AppModule.of(options, { ...everything, topology });
  const app = await NestFactory.create(module, new FastifyAdapter(), {
    logger: ['warn', 'error'],
    abortOnError: false,
  });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
