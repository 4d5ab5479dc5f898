import type { AnySettingsClass } from '#kernel/base';
import type { Broker } from '#kernel/brokers';
import { KernelSettings } from '#kernel/core';
import { EdgeSettings } from '#kernel/edge';
import { HttpSettings } from '#kernel/http';
import { TopologySettings } from '#kernel/topology';
import { contextSettings, titleOf } from './contexts.js';
import { ServerSettings } from './server-settings.js';

/** The settings of a process with these contexts and brokers, by module. With all of both, `.env.example` is made from them. */
export const settingsOf = async (
  contexts: readonly string[],
  brokers: readonly Broker[],
): Promise<Readonly<Record<string, AnySettingsClass>>> => ({
  Server: ServerSettings,
  Topology: TopologySettings,
  ...Object.fromEntries(brokers.map(({ name, settings }) => [titleOf(name), settings])),
  HTTP: HttpSettings,
  'Edges: rate limits': EdgeSettings,
  'Kernel: database, messages': KernelSettings,
  ...(await contextSettings(contexts)),
});
