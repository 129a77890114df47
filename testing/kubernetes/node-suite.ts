import { describe } from 'vitest';
import type { TestCluster } from './cluster.ts';
import { describeContainerEnds } from './suite/container-ends.ts';
import { describeContainers } from './suite/containers.ts';
import { openSuite } from './suite/open-suite.ts';
import { describePodNetwork } from './suite/pod-network.ts';

/** Describes how a node of a cluster runs containers, as far as the executor relies on it. */
export function describeNodeBehaviour(start: () => Promise<TestCluster>): void {
  describe('a node of a cluster', () => {
    const get = openSuite(start);
    describeContainers(get);
    describeContainerEnds(get);
    describePodNetwork(get);
  });
}
