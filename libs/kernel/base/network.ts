import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * The network that whoever has this IP address has whole: an IPv4 address, or an IPv6 /64, the least that one customer
 * of a provider gets. What is no address stands for itself.
 */
export function networkOf(address: string): string {
  const plain = withoutZone(address).replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const hidden = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array.from({ length: hidden }, () => '0'), ...(tail?.split(':') ?? [])];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

const insiders = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10], // shared address space (RFC 6598), where some clusters have their pods
] as const)
  insiders.addSubnet(network, bits, 'ipv4');
insiders.addAddress('::1', 'ipv6');
insiders.addSubnet('fc00::', 7, 'ipv6');
insiders.addSubnet('fe80::', 10, 'ipv6');

/** An address of this machine or of a private network (RFC 1918, 4193, 6598), which the internet does not route. */
export function isPrivate(address: string): boolean {
  const plain = withoutZone(address);
  const version = isIP(plain);
  return version !== 0 && insiders.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}

/** `fe80::1%eth0` is told with the interface by which it is reached (RFC 4007). */
const withoutZone = (address: string): string => address.split('%', 1)[0]!;
