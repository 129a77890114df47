import type { CurrentConfig } from '../config/live-config.ts';
import type { OutboundHttp } from '../outbound/outbound-http.ts';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createAddressPolicy } from '../outbound/address-policy.ts';
import { createOutboundHttp } from '../outbound/outbound-http.ts';
import { resolveWithNameServers, resolveWithSystem } from '../outbound/resolve-host.ts';

/** How long the addresses of the database's host are used before they are resolved again. */
const freshMs = 60_000;

/**
 * Opens what sends requests to addresses that users chose. Besides internal networks, it does not reach this
 * machine and the machine of the database, which may have public addresses.
 */
export function openOutbound(live: CurrentConfig): OutboundHttp {
  const listDatabaseAddresses = createDatabaseAddresses(live.current.databaseUrl);
  return createOutboundHttp({
    policy: createAddressPolicy(
      () => live.current.alerts.allowedTargets,
      async () => [...listMachineAddresses(), ...(await listDatabaseAddresses())],
    ),
    resolve: resolveWithNameServers,
    resolveAllowed: resolveWithSystem,
  });
}

function listMachineAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map(({ address }) => address.replace(/%.*$/, '')),
  );
}

/** Creates a list of the addresses of the database's host. An address that it had before stays in the list. */
function createDatabaseAddresses(databaseUrl: string | null): () => Promise<Iterable<string>> {
  const host = databaseUrl === null ? '' : new URL(databaseUrl).hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = new Set<string>(isIP(host) === 0 ? [] : [host]);
  let refreshedAt = -Infinity;
  return async (): Promise<Iterable<string>> => {
    if (host === '' || isIP(host) !== 0 || performance.now() - refreshedAt < freshMs) return addresses;
    const found = await resolveWithSystem(host).catch(() => []);
    for (const address of found) addresses.add(address);
    if (found.length > 0) refreshedAt = performance.now();
    return addresses;
  };
}
