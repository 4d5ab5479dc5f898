import { certificatesIn, type TransportOptions } from '#kernel/brokers';
import type { RedisOptions } from './connection.js';
import { RedisSettings } from './settings.js';

/** The options of both transports, from the settings. @throws WrongSettings */
export function redisOptions({ environment, ...bus }: TransportOptions): RedisOptions {
  const { REDIS_URL: url, REDIS_CA_FILE: ca } = new RedisSettings(environment);
  return {
    ...bus,
    url: url!, // the topology's check asked for it
    tls: ca === undefined ? undefined : { ca: certificatesIn('REDIS_CA_FILE', ca) },
  };
}
