import { afterAll, afterEach, beforeAll } from 'vitest';
import { ApiClient } from '../api-client.ts';
import type { TestCluster } from '../cluster.ts';
import type { GetContext, SuiteContext } from './suite-pods.ts';

/** Starts the cluster of a suite before its tests, and removes it after them. */
export function openSuite(start: () => Promise<TestCluster>): GetContext {
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
  return () => context;
}
