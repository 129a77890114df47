import type { Config } from '../config/config.ts';
import type { RunsNetwork } from '../executors/process/isolated-network.ts';

/**
 * Chooses the network of runs as processes.
 * @throws Error when the setting names a network, which only engines have
 */
export function chooseRunsNetwork({
  engine,
  runsLoopbackPorts,
  runsClosedNetworks,
}: Pick<Config, 'engine' | 'runsLoopbackPorts' | 'runsClosedNetworks'>): RunsNetwork {
  const { name } = engine.network;
  if (name !== null && name !== 'shared')
    throw new Error(
      `PUMPHOUSE_RUNS_NETWORK is ${name}, but runs are processes here. Remove it, or set it to "shared" on a machine where runs may ` +
        'reach everything that listens on it.',
    );
  return {
    isShared: name === 'shared',
    loopbackPorts: runsLoopbackPorts,
    closedNetworks: runsClosedNetworks,
  };
}
