import { hostname } from 'node:os';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { KernelSettings, kernelOptions } from '#kernel';
import { AppModule } from '../../server/src/app.module.js';

/** Brings every context's schema up to date: opening its database does. Nothing is started, so nothing is consumed. */
export async function migrate(): Promise<void> {
  const environment = { ...process.env, CLEAVE_MIGRATE: 'on' };
  const options = kernelOptions(new KernelSettings(environment), environment, `${hostname()}:cli`);
  const app = await NestFactory.create(await AppModule.of(options), new FastifyAdapter(), {
    logger: ['warn', 'error'],
    abortOnError: false,
  });
  await app.close();
}
