import { startRealCluster } from '../../../../../testing/kubernetes/real/real-cluster.ts';
import { describeConformance } from '../conformance/conformance.ts';
import { createClusterHarness } from './testing/cluster-harness.ts';

describeConformance('kubernetes on a real cluster', async () =>
  createClusterHarness(await startRealCluster()),
);
