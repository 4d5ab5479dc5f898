import { type AnySettingsClass, KernelSettings } from '#kernel';
import { HttpSettings } from '#kernel/http';
import { contextSettings } from './contexts.js';
import { ServerSettings } from './server-settings.js';

/** Every setting that there is, by its module. `.env.example` is made from this, and a test compares them. */
export const allSettings = async (): Promise<Readonly<Record<string, AnySettingsClass>>> => ({
  Server: ServerSettings,
  HTTP: HttpSettings,
  'Kernel: database, messages': KernelSettings,
  ...(await contextSettings()),
});
