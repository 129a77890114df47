import type { networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import { formatHostPort, parseHostPort, type HostPort } from '../platform/host-port.ts';

/**
 * Decides the address at which other servers reach this one.
 * @param setting PUMPHOUSE_INTERNAL_ADDRESS
 * @param listening where the API listens; on all addresses, the first one of the machine is published
 */
export function decideInternalAddress(
  setting: string | null,
  listening: HostPort,
  interfaces: ReturnType<typeof networkInterfaces>,
): string {
  const given = setting === null ? null : parseHostPort(setting);
  if (given) return formatHostPort({ host: given.host, port: given.port ?? listening.port });
  const isWildcard = listening.host === '0.0.0.0' || listening.host === '::';
  const host = isWildcard ? findMachineAddress(interfaces) : listening.host;
  return formatHostPort({ host, port: listening.port });
}

/** IPv4 first: a server that listens on 0.0.0.0 accepts nothing else. */
function findMachineAddress(interfaces: ReturnType<typeof networkInterfaces>): string {
  const addresses = Object.values(interfaces)
    .flatMap((all) => all ?? [])
    .filter(({ internal, address }) => !internal && !/^(169\.254\.|fe80:)/i.test(address))
    .map(({ address }) => address);
  return addresses.find((address) => isIP(address) === 4) ?? addresses[0] ?? '127.0.0.1';
}
