import type { Environment } from '#kernel/base';
import type { Broker } from '#kernel/brokers';
import { DirectSettings } from './settings.js';

/** Calls straight to a process of the owning context, over TCP. No broker is between them. */
export const direct: Broker = {
  name: 'direct',
  carries: ['calls'],
  settings: DirectSettings,
  check,
  calls: async (options) => {
    const [{ DirectCalls }, { directOptions }] = await Promise.all([
      import('./direct-calls.js'),
      import('./options.js'),
    ]);
    return new DirectCalls(directOptions(options));
  },
  folder: { setting: 'DIRECT_FOLDER', name: 'direct' },
};

function check({ DIRECT_CERT_FILE, DIRECT_KEY_FILE }: Environment): string[] {
  const [set] = Object.entries({ DIRECT_CERT_FILE, DIRECT_KEY_FILE }).filter(([, file]) => file);
  if (!set || (DIRECT_CERT_FILE && DIRECT_KEY_FILE)) return [];
  return [`${set[0]}: a certificate needs its key, and a key its certificate: set both, or neither`];
}
