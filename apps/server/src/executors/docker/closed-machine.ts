/** What code in containers is kept from: the machine of the engine, and in a network of our own the other containers. */
import type { ClosedMachine } from './container-plan.ts';
import { createMachineAddresses, type ReadingPlace } from './machine-addresses.ts';
import { listGateways, type NetworkOptions, type RunsNetwork } from './network.ts';

export type CloseMachine = (place: ReadingPlace, network: RunsNetwork) => Promise<ClosedMachine>;

/** Creates what tells, for containers of a network of one engine, what is closed to them. */
export function createMachineClosing(
  isPodman: boolean,
  { network: { name }, openPorts }: { network: NetworkOptions; openPorts: readonly number[] },
): CloseMachine {
  const listAddresses = createMachineAddresses();
  return async (place, { subnets }) => {
    const [addresses, gateways] = await Promise.all([
      listAddresses(place),
      listGateways(place.engine, isPodman),
    ]);
    // In a network that an operator has made, others may be meant to be reached.
    const others = name === null ? subnets : [];
    return { closed: [...new Set([...addresses, ...gateways, ...others])], openPorts };
  };
}
