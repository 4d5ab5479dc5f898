import type { BusOptions } from '#kernel/brokers';
import type { Discovery } from './discovery.js';

/** The options of the transport. */
export interface DirectOptions extends BusOptions {
  /** The address on which this process accepts calls, if it serves a context. Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Present where calls go over TLS: certificate and key of this process, and the authority of the others' certificates, in PEM. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string } | undefined;
  readonly discovery: Discovery;
  /** The number of requests to one context that this process works at. */
  readonly concurrency?: number;
}
