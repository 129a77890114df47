/**
 * Determines what is blocked for code in containers: the engine's machine and, in pumphouse's own network,
 * the other containers.
 */
import type { ClosedMachine } from './container-plan.ts';
import { createMachineAddresses } from './machine-addresses.ts';
import { listGateways, type NetworkOptions, type RunsNetwork } from './network.ts';
import type { ShortContainerHost } from './short-container.ts';

export type CloseMachine = (host: ShortContainerHost, network: RunsNetwork) => Promise<ClosedMachine>;

/** Creates the function that determines, for containers in one network of an engine, what to block. */
export function createMachineClosing(
  isPodman: boolean,
  {
    network: { name },
    openPorts,
    closedNetworks,
  }: { network: NetworkOptions; openPorts: readonly number[]; closedNetworks: readonly string[] },
): CloseMachine {
  const listAddresses = createMachineAddresses();
  return async (host, { subnets }) => {
    const [addresses, gateways] = await Promise.all([
      listAddresses(host),
      listGateways(host.engine, isPodman),
    ]);
    // In a network that the operator provides, other containers may be reachable on purpose.
    const others = name === null ? subnets : [];
    const closed = [...new Set([...addresses, ...gateways, ...others])];
    return { closed, openPorts, alwaysClosed: closedNetworks };
  };
}
