import { startInProcessCluster } from '../../../../../testing/kubernetes/in-process/start-cluster.ts';
import { describeConformance } from '../conformance/conformance.ts';
import { createClusterHarness } from './testing/cluster-harness.ts';

describeConformance('kubernetes in this process, without a claim', async () =>
  createClusterHarness(await startInProcessCluster({ pods: 'containers' }), null),
);
