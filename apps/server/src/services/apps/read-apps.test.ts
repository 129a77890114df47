import type { AppEndRecord, AppInstanceRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { describe, expect, it } from 'vitest';
import { createReadApps } from './read-apps.ts';

const end: AppEndRecord = {
  jobRunId: '6b7f5f8e-4a1c-4a1e-9d53-0d6a3f0a1c11',
  status: 'failed',
  finishedAt: new Date(),
  endIntent: null,
  failure: null,
  reason: null,
  failureCount: 1,
};

/** A store in which the only run of a job ends while the first read is under way. */
function storeOfEndingRun() {
  let hasEnded = false;
  const apps = {
    async listInstances(): Promise<AppInstanceRecord[]> {
      await Promise.resolve();
      hasEnded = true;
      return [];
    },
    findEnd: () => Promise.resolve(hasEnded ? end : null),
  };
  return { store: { apps } } as unknown as Persistence<'apps' | 'configurations' | 'jobs'>;
}

describe('the situation of an app', () => {
  it('is failed, with a pause, when its run ends while it is read', async () => {
    const { situation } = await createReadApps(storeOfEndingRun()).stand('a job');
    expect(situation.kind).toBe('failed');
  });
});
