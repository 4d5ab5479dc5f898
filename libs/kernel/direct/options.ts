import { certificatesIn, type TransportOptions } from '#kernel/brokers';
import type { DirectOptions } from './direct-options.js';
import { DnsDiscovery } from './dns-discovery.js';
import { FolderDiscovery } from './folder-discovery.js';
import { DirectSettings } from './settings.js';

/** The options of the transport, from the settings and the topology. @throws WrongSettings */
export function directOptions({ environment, hosts, ...bus }: TransportOptions): DirectOptions {
  const settings = new DirectSettings(environment);
  const { DIRECT_FOLDER: folder, DIRECT_PORT: port, DIRECT_HOST } = settings;
  const host = DIRECT_HOST ?? (environment['NODE_ENV'] === 'production' ? '0.0.0.0' : '127.0.0.1');
  const tls = tlsOptions(settings);
  if (folder !== undefined)
    return { ...bus, tls, listen: { host: '127.0.0.1', port: 0 }, discovery: new FolderDiscovery(folder) };
  return { ...bus, tls, listen: { host, port }, discovery: new DnsDiscovery(hosts, port) };
}

function tlsOptions(settings: DirectSettings): DirectOptions['tls'] {
  const { DIRECT_CA_FILE: ca, DIRECT_CERT_FILE: cert, DIRECT_KEY_FILE: key } = settings;
  if (ca === undefined && cert === undefined) return undefined;
  return {
    ...(ca !== undefined && { ca: certificatesIn('DIRECT_CA_FILE', ca) }),
    ...(cert !== undefined && { cert: certificatesIn('DIRECT_CERT_FILE', cert) }),
    ...(key !== undefined && { key: certificatesIn('DIRECT_KEY_FILE', key) }),
  };
}
