import { lookup } from 'node:dns/promises';
import { errorMessage } from '#kernel/base';
import { Warnings } from '#kernel/core';
import { readHost } from '#kernel/topology';
import type { Address, Discovery } from './discovery.js';

/**
 * Finds processes by DNS: all addresses of each host, looked up anew each time, as those of a headless Service of Kubernetes or
 * of a service of Compose. A host that cannot be looked up keeps the addresses that it had.
 */
export class DnsDiscovery implements Discovery {
  private readonly warnings = new Warnings('Direct');
  private readonly known = new Map<string, readonly Address[]>();

  /** `hosts`: of each context, as `host` or `host:port`; `port` where they name none. */
  constructor(
    private readonly hosts: ReadonlyMap<string, readonly string[]>,
    private readonly port: number,
  ) {}

  async find(context: string): Promise<readonly Address[]> {
    const found = await Promise.all((this.hosts.get(context) ?? []).map((host) => this.addressesOf(host)));
    return found.flat();
  }

  /** Others make it known to DNS. */
  announce(): Promise<void> {
    return Promise.resolve();
  }

  withdraw(): Promise<void> {
    return Promise.resolve();
  }

  private async addressesOf(written: string): Promise<readonly Address[]> {
    const { host, port = this.port } = readHost(written)!; // the topology was checked
    try {
      const all = await lookup(host, { all: true });
      this.known.set(
        written,
        all.map(({ address: ip }) => ({ host, ip, port })),
      );
    } catch (error) {
      this.warnings.warn(`"${host}" cannot be looked up`, errorMessage(error));
    }
    return this.known.get(written) ?? [];
  }
}
