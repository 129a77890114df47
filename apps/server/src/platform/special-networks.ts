/** Networks of the special-purpose address registries of IANA, by what is reached there. */

/** Private networks, shared address space, link-local addresses, which include metadata services, and loopback. */
export const internalNetworks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
] as const;
export const internalNetworksV6 = ['fc00::/7', 'fe80::/10', '::1/128'] as const;

/**
 * Where cloud machines reach services for themselves: their metadata service, with the credentials of their
 * role, host agents and resolvers. From the documentation of AWS, Google, Azure, Alibaba, Oracle and Scaleway.
 */
export const cloudNetworks = [
  '169.254.0.0/16',
  '168.63.129.16/32',
  '100.100.100.200/32',
  '192.0.0.192/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  'fd00:c1::a9fe:a9fe/128',
  'fd00:42::42/128',
] as const;

/** Further IPv4 networks that are no destination on the internet. */
export const reservedNetworks = [
  '0.0.0.0/8',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  // Multicast, and everything above it.
  '224.0.0.0/4',
  '240.0.0.0/4',
  // The host agent of Azure, which is reached from every virtual machine there.
  '168.63.129.16/32',
] as const;

/** All public IPv6 addresses. Mapped IPv4 addresses, NAT64 prefixes and multicast are outside of it. */
export const publicNetworkV6 = '2000::/3';
/** Networks in it that are no destinations, or that contain an IPv4 address (Teredo, 6to4). */
export const reservedNetworksV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'] as const;
