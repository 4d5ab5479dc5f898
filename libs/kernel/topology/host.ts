import { isIPv6 } from 'node:net';

/** A host of a process, as a topology names it. */
export interface Host {
  /** A name, or an IP address without brackets. */
  readonly host: string;
  /** Undefined where the transport's usual one is meant. */
  readonly port: number | undefined;
}

/**
 * Reads a name (RFC 1123; underscores are allowed, as Compose has them), an IPv4 address, or an IPv6 address in brackets, each with
 * a port or without. Undefined where the text is none of them.
 */
export function readHost(text: string): Host | undefined {
  const [, ipv6, name = '', written] = /^(?:\[([^\]]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = written === undefined ? undefined : Number(written);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  if (ipv6 !== undefined) return isIPv6(ipv6) ? { host: ipv6, port } : undefined;
  return /^\w([\w-]*\w)?(\.\w([\w-]*\w)?)*\.?$/.test(name) ? { host: name, port } : undefined;
}
