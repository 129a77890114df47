import { BlockList, isIP } from 'node:net';
import {
  internalNetworks,
  internalNetworksV6,
  publicNetworkV6,
  reservedNetworks,
  reservedNetworksV6,
} from '../platform/special-networks.ts';

/** What an operator allows in addition to public addresses. */
export interface AllowedTargets {
  /** Host names, in lower case. Whatever address they have is allowed. */
  hosts: readonly string[];
  /** Addresses and networks, such as 10.1.2.3 and 10.1.0.0/16. */
  networks: readonly string[];
}

export interface AddressPolicy {
  /** Whether the operator allows this host name. */
  isAllowedHost(hostname: string): boolean;
  /** Whether the operator allows this address. */
  isAllowedAddress(address: string): boolean;
  /** Whether this is a public address of another machine. */
  isPublic(address: string): Promise<boolean>;
}

/**
 * @param readAllowed what the operator allows; read for each check
 * @param listOwnAddresses lists the addresses of this machine and of the database, which may be public
 */
export function createAddressPolicy(
  readAllowed: () => AllowedTargets,
  listOwnAddresses: () => Promise<readonly string[]>,
): AddressPolicy {
  return {
    isAllowedHost: (hostname) =>
      readAllowed().hosts.some((host) => host.toLowerCase() === hostname.toLowerCase()),
    isAllowedAddress: (address) => contains(listNetworks(readAllowed().networks), address),
    isPublic: async (address) =>
      isPublicAddress(address) && !contains(listNetworks(await listOwnAddresses()), address),
  };
}

const closed4 = listNetworks([...internalNetworks, ...reservedNetworks]);
const closed6 = listNetworks([...internalNetworksV6, ...reservedNetworksV6]);
const public6 = listNetworks([publicNetworkV6]);

/**
 * Whether an address is a destination on the internet. False for every IPv6 form that contains an IPv4 address,
 * because such an address may lead anywhere.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !closed4.check(address, 'ipv4');
  if (isIP(address) !== 6 || address.includes('%')) return false;
  return public6.check(address, 'ipv6') && !closed6.check(address, 'ipv6');
}

/** @throws Error if an entry is neither an address nor a network */
function listNetworks(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

function contains(list: BlockList, address: string): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return false;
  return list.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
