import { describe } from 'vitest';
import { startInProcessCluster } from '../../../../../testing/kubernetes/in-process/start-cluster.ts';
import { describeConformance } from '../conformance/conformance.ts';
import { isShort } from '../conformance/short-runs.ts';
import { createClusterHarness } from './testing/cluster-harness.ts';

// Short runs have a cluster without a claim: kubernetes-executor-without-claim.
describe.skipIf(isShort)('with a claim', () => {
  describeConformance('kubernetes in this process', async () =>
    createClusterHarness(await startInProcessCluster({ pods: 'containers' })),
  );
});
