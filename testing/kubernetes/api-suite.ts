import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { ApiClient } from './api-client.ts';
import type { TestCluster } from './cluster.ts';
import { describeAccess } from './suite/access.ts';
import { describeDeletion } from './suite/deletion.ts';
import { describeDisruptions } from './suite/disruptions.ts';
import { describeLists } from './suite/lists.ts';
import { describeObjects } from './suite/objects.ts';
import { describePatches } from './suite/patches.ts';
import type { SuiteContext } from './suite/suite-pods.ts';
import { describeWatches } from './suite/watches.ts';

/** Describes how the API of a cluster behaves, as far as the executor relies on it. */
export function describeApiBehaviour(start: () => Promise<TestCluster>): void {
  describe('the API of a cluster', () => {
    let context: SuiteContext;
    beforeAll(async () => {
      const cluster = await start();
      context = { cluster, api: new ApiClient(cluster) };
    });
    afterAll(() => context.cluster.remove());
    // A pod that stays takes room on the node.
    afterEach(async () => {
      const { api } = context;
      await api.send('DELETE', `${api.path('pods')}?labelSelector=test-suite&gracePeriodSeconds=0`);
    });

    const get = () => context;
    describeObjects(get);
    describeAccess(get);
    describeLists(get);
    describeWatches(get);
    describeDeletion(get);
    describePatches(get);
    describeDisruptions(get);
  });
}
