import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { seedRun } from '../testing/seed-run.ts';

let api: ApiFixture;
let seeded: SeededRun;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
  await api.createAttempt(seeded.run);
  await api.setRun(seeded.run.id, { status: 'cancelling', endIntent: 'cancel' });
});

const becomeUnknown = () =>
  api.setRun(seeded.run.id, { unknownSince: new Date(), unknownDetail: 'The engine is gone.' });

function forceEnd(
  { key }: Pick<TestCaller, 'key'>,
  { workspaceId, runId }: { workspaceId?: string; runId?: string } = {},
) {
  const url = `/pumphouse/v1/workspaces/${workspaceId ?? seeded.workspaceId}/job-runs/${runId ?? seeded.run.id}/-force-end`;
  return api.app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${key}` } });
}

const readStatus = async () => (await api.persistence.store.jobRuns.find(seeded.run.id))?.status;

describe('an unknown run', () => {
  it('is shown in its overview and its timeline', async () => {
    await becomeUnknown();
    const base = `/pumphouse/v1/workspaces/${seeded.workspaceId}/job-runs/${seeded.run.id}`;
    const headers = { authorization: `Bearer ${seeded.owner.key}` };
    const unknown = { since: expect.any(String) as string, detail: 'The engine is gone.' };
    const overview = readAnswer(
      'get_run_overview',
      await api.app.inject({ url: `${base}/overview`, headers }),
    );
    const timeline = readAnswer('get_job_run_life', await api.app.inject({ url: `${base}/life`, headers }));
    expect([overview.unknown, timeline.unknown]).toEqual([unknown, unknown]);
    const url = `/pumphouse/v1/workspaces/${seeded.workspaceId}/job-runs?is_unknown=true`;
    const list = readAnswer('list_run_overviews', await api.app.inject({ url, headers }));
    expect(list.items.map(({ id }) => id)).toEqual([seeded.run.id]);
    await api.setRun(seeded.run.id, { unknownSince: null });
    const none = readAnswer('list_run_overviews', await api.app.inject({ url, headers }));
    expect(none.items).toEqual([]);
  });

  it('is ended by an owner, who is named in its log', async () => {
    await becomeUnknown();
    const response = await forceEnd(seeded.owner);
    expect(readAnswer('force_end_job_run', response)).toMatchObject({ id: seeded.run.id, status: 'failed' });
    const run = await api.persistence.store.jobRuns.find(seeded.run.id);
    expect(run?.failure).toMatchObject({ code: 'attempt_unknown' });
    expect(run?.failure?.detail).toContain(seeded.owner.principal.email);
    expect(run?.failure?.detail).toContain('The engine is gone.');
    const again = await forceEnd(seeded.owner);
    expect([again.statusCode, again.json<{ code: string }>().code]).toEqual([409, 'run_finished']);
  });
});

describe('forcing the end of a run is rejected', () => {
  it('for a run that its server still tracks', async () => {
    const response = await forceEnd(seeded.owner);
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([409, 'run_not_unknown']);
    expect(await readStatus()).toBe('cancelling');
  });

  it('for a developer and a viewer of the workspace', async () => {
    await becomeUnknown();
    for (const role of ['developer', 'viewer'] as const) {
      const caller = await api.createCaller(
        { id: seeded.organizationId, role: 'member' },
        { id: seeded.workspaceId, role },
      );
      expect((await forceEnd(caller)).statusCode).toBe(403);
    }
    expect(await readStatus()).toBe('cancelling');
  });

  it('for an owner of another workspace, through either workspace', async () => {
    await becomeUnknown();
    const other = await seedRun(api);
    expect((await forceEnd(other.owner)).statusCode).toBe(404);
    expect((await forceEnd(other.owner, { workspaceId: other.workspaceId })).statusCode).toBe(404);
    expect(await readStatus()).toBe('cancelling');
  });

  it('for the code of a run', async () => {
    await becomeUnknown();
    const attempt = await api.persistence.store.attempts.findOpen(seeded.run.id);
    const key = await api.credentials.issueRunToken(attempt?.id ?? '');
    expect((await forceEnd({ key })).statusCode).toBe(403);
    expect(await readStatus()).toBe('cancelling');
  });
});
