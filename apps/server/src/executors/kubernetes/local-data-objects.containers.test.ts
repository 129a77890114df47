import { startInProcessCluster } from '../../../../../testing/kubernetes/in-process/start-cluster.ts';
import { describeLocalDataConformance } from '../conformance/conformance.ts';
import { createClusterHarness } from './testing/cluster-harness.ts';
import { createObjectLocalData } from './testing/object-local-data.ts';

describeLocalDataConformance('kubernetes in this process, with local data as objects', async () =>
  createClusterHarness(await startInProcessCluster({ pods: 'containers' }), await createObjectLocalData()),
);
