import { type AnySettingsClass, KernelSettings, TopologySettings } from '#kernel';
import { HttpSettings } from '#kernel/http';
import { contextNames, contextSettings } from './contexts.js';
import { ServerSettings } from './server-settings.js';

/** Every setting that there is, or that a process with these contexts reads, by its module. `.env.example` is made from this. */
export const allSettings = async (
  contexts: readonly string[] = contextNames,
): Promise<Readonly<Record<string, AnySettingsClass>>> => ({
  Server: ServerSettings,
  Topology: TopologySettings,
  HTTP: HttpSettings,
  'Kernel: database, messages': KernelSettings,
  ...(await contextSettings(contexts)),
});
