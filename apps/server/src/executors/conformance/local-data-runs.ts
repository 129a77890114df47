/** Runs of the suites that use local data. */
import { randomUUID } from 'node:crypto';
import { beforeEach, expect } from 'vitest';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { LocalDataScope, LocalDataUse } from '../contract/local-data-store.ts';
import type { ConformanceSite } from './conformance-site.ts';

/** A step of `localDataProgram`. */
export type LocalDataStep = [name: string, ...given: (string | number)[]];

const endMs = 60_000;

/** Gives each test a new workspace, whose runs are made of steps. */
export function useLocalData(site: ConformanceSite) {
  let workspaceId = '';
  beforeEach(() => {
    workspaceId = randomUUID();
  });

  const describeSteps = (steps: LocalDataStep[]): Promise<AttemptSpec | null> =>
    site.harness.createLocalDataSpec(steps, 'prod');

  async function start(access: LocalDataUse['access'], steps: LocalDataStep[]) {
    const spec = await site.harness.createLocalDataSpec(steps, access === 'copy' ? 'access' : 'prod');
    if (spec === null) throw new Error('No user code is run here.');
    const data = { workspaceId, profile: 'prod' };
    const localData: LocalDataUse =
      access === 'copy' ? { ...data, access, mountedAs: 'access' } : { ...data, access };
    const handle = await site.executor.start({ ...spec, localData });
    site.attempts.add(handle);
    return { spec, handle, report: () => site.harness.awaitReport(spec) as Promise<unknown[]> };
  }

  /** Runs steps to their end, and returns the result of each. */
  async function run(access: LocalDataUse['access'], ...steps: LocalDataStep[]): Promise<unknown[]> {
    const { handle, report } = await start(access, steps);
    const results = await report();
    // Its end may store its changes.
    await expect
      .poll(async () => (await site.executor.inspect(handle)).state, { timeout: endMs })
      .toBe('exited');
    await site.attempts.end(handle);
    return results;
  }

  const describeScope = async (): Promise<LocalDataScope> => {
    const { installationId, uid } = await site.harness.createSpec('ends-on-term');
    return { installationId, workspaceId, profile: 'prod', uid };
  };

  return {
    get workspaceId() {
      return workspaceId;
    },
    runsUserCode: async () => (await describeSteps([])) !== null,
    start,
    run,
    describeScope,
  };
}
