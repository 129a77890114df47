import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { startInProcessCluster } from '../../../../../testing/kubernetes/in-process/start-cluster.ts';
import type { ConformanceHarness } from '../conformance/harness.ts';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { Executor } from '../executor.ts';
import { createClusterHarness } from './testing/cluster-harness.ts';
import { createObjectLocalData, type ObjectLocalData } from './testing/object-local-data.ts';

let localData: ObjectLocalData;
let harness: ConformanceHarness;
let executor: Executor;
let workspaceId = '';

beforeAll(async () => {
  localData = await createObjectLocalData();
  harness = await createClusterHarness(await startInProcessCluster({ pods: 'containers' }), {
    volumeClaim: null,
    localData,
  });
  executor = harness.createExecutor();
});
afterAll(() => harness.close());
beforeEach(() => {
  workspaceId = randomUUID();
  localData.faults.before = async () => undefined;
});

type Step = [name: string, ...given: (string | number)[]];

async function start(...steps: Step[]) {
  const spec = await harness.createLocalDataSpec(steps, 'prod');
  if (spec === null) throw new Error('No user code is run here.');
  const use = { workspaceId, profile: 'prod', access: 'read-write' } as const;
  const handle = await executor.start({ ...spec, localData: use });
  return { spec, handle, report: () => harness.awaitReport(spec) as Promise<unknown[]> };
}

async function awaitEnd(handle: AttemptHandle) {
  await expect
    .poll(async () => (await executor.inspect(handle)).state, { timeout: 120_000 })
    .not.toBe('running');
  const ended = await executor.inspect(handle);
  await executor.stop(handle, { graceSeconds: 0 });
  await executor.remove(handle);
  return ended;
}

async function run(...steps: Step[]) {
  const started = await start(...steps);
  const results = await started.report();
  return { results, ended: await awaitEnd(started.handle) };
}

const insert = (value: string): Step => ['sqlite', 'rows.db', `INSERT INTO t VALUES ('${value}')`];
const create: Step = ['sqlite', 'rows.db', 'CREATE TABLE IF NOT EXISTS t (x)'];
const select: Step = ['sqlite', 'rows.db', 'SELECT x FROM t ORDER BY x'];

describe('local data as objects', () => {
  it('keeps the former version if a pod is killed in the middle of its upload', async () => {
    await run(['write', 'kept', 'before'], ['write', 'other', 'before']);
    const reached = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    localData.faults.before = async (_attemptId, route) => {
      // The first part is stored, the others are not.
      if (!route.startsWith('-store-local-data')) return;
      reached.resolve();
      await held.promise;
    };
    const killed = await start(['write', 'kept', 'lost'], ['remove', 'other'], ['noise', 'large', 9_000_000]);
    await killed.report();
    await reached.promise;
    await executor.stop(killed.handle, { graceSeconds: 0 });
    expect(await executor.inspect(killed.handle)).not.toMatchObject({ state: 'running' });
    held.resolve();
    localData.faults.before = async () => undefined;
    await executor.remove(killed.handle);
    const { results } = await run(['list'], ['read', 'kept'], ['read', 'other']);
    expect(results).toEqual([['kept', 'other'], 'before', 'before']);
  });

  it('is stored once, although servers die before, in and after the commit', async () => {
    const calls: string[] = [];
    localData.faults.before = async (_attemptId, route) => {
      calls.push(route.replace(/\?.*/, ''));
      if (calls.length % 2 === 1) throw new Error('The server is killed.');
    };
    const { ended } = await run(create, insert('a'), ['noise', 'large', 9_000_000]);
    expect(ended).toMatchObject({ state: 'exited', exit: { code: 0 } });
    expect(calls.filter((route) => route === '-commit-local-data').length).toBeGreaterThan(2);
    localData.faults.before = async () => undefined;
    expect((await run(select, ['size', 'large'])).results).toEqual([[['a']], 9_000_000]);
  });

  it('has what two runs wrote to one database one after the other', async () => {
    await run(create, insert('of run 1'));
    await run(create, insert('of run 2'));
    expect((await run(select)).results).toEqual([[['of run 1'], ['of run 2']]]);
  });

  it('fails the later one of two runs that had no lock, and keeps what the other wrote', async () => {
    await run(create, insert('before'));
    const late = await start(['lock', 'rows.db'], ['await-finish'], insert('late'), [
      'write',
      'plain',
      'late',
    ]);
    await harness.awaitUserCode(late.spec);
    await run(insert('early'), ['write', 'plain', 'early']);
    await harness.finish(late.spec, 0);
    await late.report();
    // Its code ended with 0, and yet the run has failed.
    expect(await awaitEnd(late.handle)).toMatchObject({ state: 'exited', exit: { code: null } });
    expect((await run(select, ['read', 'plain'])).results).toEqual([[['before'], ['early']], 'early']);
  });
});
