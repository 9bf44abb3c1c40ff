import { BlockList, isIP } from 'node:net';

/**
 * What an address is to somebody who may choose where a request goes: `public`; `private`, which people may allow for
 * receivers in their own network; or `never`, where no receiver is: metadata services, link-local, multicast, reserved.
 */
export type AddressKind = 'public' | 'private' | 'never';

const NEVER = listOf([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Azure's own services of a virtual machine, and Alibaba's metadata.
  '168.63.129.16/32',
  '100.100.100.200/32',
]);

const PRIVATE = listOf([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '198.18.0.0/15',
]);

/** Of what is routed: protocols of the IETF with Teredo, documentation, 6to4. */
const NEVER_6 = listOf(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** Metadata services of AWS and Google. */
const METADATA_6 = listOf(['fd00:ec2::254/128', 'fd20:ce::254/128']);

const PRIVATE_6 = listOf(['::1/128', 'fc00::/7']);

const GLOBAL_6 = listOf(['2000::/3']);

/** The kind of an IP address; what is none is `never`. */
export function addressKind(address: string): AddressKind {
  const family = isIP(address);
  if (family === 4) {
    if (NEVER.check(address, 'ipv4')) return 'never';
    return PRIVATE.check(address, 'ipv4') ? 'private' : 'public';
  }
  if (family !== 6 || address.includes('%')) return 'never';
  const inside = embedded(address);
  if (inside !== null) return addressKind(inside);
  if (METADATA_6.check(address, 'ipv6')) return 'never';
  if (PRIVATE_6.check(address, 'ipv6')) return 'private';
  return GLOBAL_6.check(address, 'ipv6') && !NEVER_6.check(address, 'ipv6') ? 'public' : 'never';
}

/** The IPv4 address that one of IPv6 stands for: mapped, or behind NAT64. */
function embedded(address: string): string | null {
  const words = wordsOf(address);
  const [a, b, c, d, e, f, high = 0, low = 0] = words;
  const zero = c === 0 && d === 0 && e === 0;
  const mapped = a === 0 && b === 0 && zero && f === 0xffff;
  const nat64 = a === 0x64 && b === 0xff9b && zero && f === 0;
  if (!mapped && !nat64) return null;
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** The eight words of an IPv6 address, however it is written. */
function wordsOf(address: string): readonly number[] {
  // A URL writes each address in one way: in hexadecimal, its longest zeros shortened.
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((each) => Number.parseInt(each, 16));
  if (tail === undefined) return words(head);
  const [first, last] = [words(head), words(tail)];
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
