import { startInProcessCluster } from '../../../../../testing/kubernetes/in-process/start-cluster.ts';
import { describeConformance } from '../conformance/conformance.ts';
import { createClusterHarness } from './testing/cluster-harness.ts';
import { createObjectLocalData } from './testing/object-local-data.ts';

describeConformance('kubernetes in this process, without a claim', async () =>
  createClusterHarness(await startInProcessCluster({ pods: 'containers' }), {
    volumeClaim: null,
    localData: await createObjectLocalData(),
  }),
);
