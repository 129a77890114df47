import { afterAll, beforeAll, expect } from 'vitest';
import { startRealCluster } from '../../../../../testing/kubernetes/real/real-cluster.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import { createClusterFixture, type ClusterFixture } from './testing/cluster-fixture.ts';
import { noPodPatches } from './patch-pod.ts';
import { describeFaults, type FaultSite } from './testing/fault-suite.ts';

let fixture: ClusterFixture;
let environment: EnvironmentLocation;

beforeAll(async () => {
  fixture = await createClusterFixture(await startRealCluster());
  environment = await fixture
    .createExecutor()
    .buildEnvironment(fixture.describeEnvironment(), () => undefined);
});
afterAll(() => fixture.close());

/**
 * The kubelet restarts when its node has to lack memory. Without the toleration, the pod is deleted because its node
 * is not ready, before it can be evicted.
 */
const waitsForNode = {
  spec: {
    tolerations: [
      {
        key: 'node.kubernetes.io/not-ready',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      },
    ],
  },
};
const createExecutor: FaultSite['createExecutor'] = (overrides) =>
  fixture.createExecutor({ patches: { ...noPodPatches, pods: waitsForNode }, ...overrides });

describeFaults('a real cluster', async () => {
  const { cluster, admin } = fixture;
  return {
    cluster,
    admin,
    createExecutor,
    executor: createExecutor(),
    leavesExitRecords: true,
    describeAttempt: (changes) => ({
      ...fixture.describeAttempt({ program: 'import time\ntime.sleep(900)\n', variables: {} }, environment),
      ...changes,
    }),
    async close() {
      await admin.send('DELETE', `${admin.path('pods')}?gracePeriodSeconds=0`);
      await expect.poll(async () => (await admin.send('GET', admin.path('pods'))).body.items).toEqual([]);
    },
  };
});
