import type { DynamicModule, Type } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { testKernelOptions } from '#kernel/testing';
import { AppModule } from './app.module.js';
import { contextNames, cores, edges } from './contexts.js';
import type { Place } from './place.js';

const topology: Place['topology'] = {
  file: 'some.yaml',
  calls: 'redis',
  events: 'redis',
  partitions: 16,
  processes: new Map([
    ['gateway', { http: true, contexts: [] }],
    ['checkout', { http: false, contexts: ['ordering', 'payments'] }],
  ]),
};

/** Every module that is loaded with this one. */
function modulesOf(module: Type | DynamicModule, found = new Set<Type>()): Set<Type> {
  const type = 'module' in module ? module.module : module;
  const declared = (Reflect.getMetadata('imports', type) ?? []) as (Type | DynamicModule)[];
  const imports = 'module' in module ? ((module.imports ?? []) as (Type | DynamicModule)[]) : [];
  if (!('module' in module) && found.has(type)) return found;
  found.add(type);
  for (const one of [...declared, ...imports]) modulesOf(one, found);
  return found;
}

async function loadedIn(process?: string): Promise<{ cores: string[]; edges: string[] }> {
  const options = testKernelOptions('postgres://nobody');
  const loaded = modulesOf(await AppModule.of(options, process === undefined ? undefined : { topology, process }));
  const names = (modules: Type[]) => modules.filter((one) => loaded.has(one)).map(({ name }) => name);
  return { cores: names(await cores(contextNames)), edges: names(await edges()) };
}

const count = contextNames.length;

describe('What a process loads', () => {
  it('is everything in the monolith', async () => {
    const { cores: found, edges: served } = await loadedIn();
    expect([found.length, served.length]).toEqual([count, count]);
  });

  it('is every edge and no core in a gateway', async () => {
    const { cores: found, edges: served } = await loadedIn('gateway');
    expect([found, served.length]).toEqual([[], count]);
  });

  it('is its own contexts’ cores and no edge in a process without API', async () => {
    expect(await loadedIn('checkout')).toEqual({ cores: ['OrderingModule', 'PaymentsModule'], edges: [] });
  });
});
