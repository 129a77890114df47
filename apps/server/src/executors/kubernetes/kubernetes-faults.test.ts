import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startInProcessCluster } from '../../../../../testing/kubernetes/in-process/start-cluster.ts';
import { attemptPodName } from './names.ts';
import { createClusterFixture } from './testing/cluster-fixture.ts';
import { describeFaults, watchAttempts, type FaultSite } from './testing/fault-suite.ts';

const environment = { executor: 'kubernetes', path: 'abc-01234567-3.13-60910' };
/** Programs that only pretend to run, until they are stopped. */
const untilStopped = { startMilliseconds: 5, runMilliseconds: Infinity, exitCode: 0 };
const atOnce = { startMilliseconds: 5, runMilliseconds: 5, exitCode: 0 };

async function openSite(): Promise<FaultSite> {
  const cluster = await startInProcessCluster({
    pods: (_, container) => (container.name === 'prepare' ? atOnce : untilStopped),
    nodes: {
      'node-1': { cpu: '8', memory: '64Gi', pods: '110' },
      'node-2': { cpu: '8', memory: '64Gi', pods: '110' },
    },
  });
  const fixture = await createClusterFixture(cluster);
  return {
    cluster,
    admin: fixture.admin,
    createExecutor: (overrides) => fixture.createExecutor(overrides),
    close: () => fixture.close(),
    executor: fixture.createExecutor(),
    leavesExitRecords: false,
    describeAttempt: (changes) => ({
      ...fixture.describeAttempt({ program: '', variables: {} }, environment),
      ...changes,
    }),
  };
}

describeFaults('a cluster in this process', openSite);

describe('an installation', () => {
  let site: FaultSite;
  beforeEach(async () => {
    site = await openSite();
  });
  afterEach(() => site.close());
  const { start, awaitState } = watchAttempts(() => site);

  it('reads the end of a finished attempt only until it is removed', async () => {
    const { handle, spec } = await start();
    expect(await site.executor.list()).toMatchObject([{ attemptId: spec.attemptId, handle }]);
    await site.executor.stop(handle, { graceSeconds: 1 });
    await site.executor.remove(handle);
    expect(await site.createExecutor().list()).toEqual([]);
    const text = JSON.stringify((await site.admin.send('GET', site.admin.path('secrets'))).body);
    expect(text).not.toContain(attemptPodName(spec.attemptId));
  });

  it('leaves the pods of other installations alone', async () => {
    const { handle, pod } = await start();
    const other = site.createExecutor({ installationId: randomUUID() });
    expect(await other.list()).toEqual([]);
    await other.removeResource({ kind: 'container', id: pod });
    await awaitState(handle, { state: 'running' }, site.createExecutor());
  });

  it('holds runs back while too many pods wait, and until half of them have started', async () => {
    const limits = { memoryBytes: null, cpus: 100, processes: null };
    const careful = site.createExecutor({ maxPendingPods: 2 });
    const handles = [];
    for (let count = 0; count < 2; count += 1)
      handles.push(await careful.start(site.describeAttempt({ limits })));
    const [first, second] = handles;
    if (first === undefined || second === undefined) throw new Error('There are no attempts.');
    // A watch that is not used ends, and knows of no pressure.
    const describePressure = async () => {
      await careful.inspect(second);
      return careful.describePressure();
    };
    await expect.poll(describePressure).toMatch(/2 pods wait to be started/);
    await careful.stop(first, { graceSeconds: 0 });
    await expect.poll(describePressure).toBeNull();
  });

  it('says which permissions are missing', async () => {
    expect(await site.executor.probe()).toMatchObject({ ok: true });
    const nowhere = site.createExecutor({ namespace: 'elsewhere' });
    expect(await nowhere.probe()).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/lacks permissions: create pods, /),
    });
  });
});
