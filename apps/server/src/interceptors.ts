import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { errorMessage, WrongSettings } from '#kernel/base';
import type { Interceptor } from '#kernel/core';
import type { ServerSettings } from './server-settings.js';

/** The interceptors of this server, the first outermost: a folder and a line each. */
const own: readonly Interceptor[] = [];

/** The interceptors of this server, and inside them those that CLEAVE_INTERCEPTORS names. @throws WrongSettings where one cannot be loaded */
export function interceptorsOf({ CLEAVE_INTERCEPTORS: files }: Pick<ServerSettings, 'CLEAVE_INTERCEPTORS'>) {
  return [...own, ...files.map(load)];
}

function load(file: string): Interceptor {
  const { default: interceptor } = required(file);
  if (typeof interceptor === 'object' && interceptor !== null) return interceptor;
  throw new WrongSettings([`CLEAVE_INTERCEPTORS=${file}: its default export must be an interceptor`]);
}

function required(file: string): { default?: Interceptor | null } {
  const path = resolve(file);
  try {
    // Not import(): the bundle that a start runs by its kept code has none. Node loads ES modules by `require`, too.
    return createRequire(path)(path) as { default?: Interceptor };
  } catch (error) {
    const [reason] = errorMessage(error).split('\n', 1); // Node lists who requires it
    throw new WrongSettings([`CLEAVE_INTERCEPTORS=${file}: cannot be loaded: ${reason}`]);
  }
}
