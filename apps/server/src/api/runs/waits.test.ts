import type { ApiFixture } from '../testing/api-fixture.ts';
import type { Principal } from '../../services/sign-in/principal.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { identifyServer } from '../../domain/workers/supervisor-identity.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { createNameSlots } from '../../services/runs/name-slots.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { seedRun } from '../testing/seed-run.ts';
import { copyRun } from '../../store/postgres/testing/runs.ts';
import { deployJobs } from '../testing/deployed-jobs.ts';

let api: ApiFixture;
let own: SeededRun;
const stored = 'Waiting for a free slot: 4 of 4 in use, 1 by this workspace.';

/**
 * A run that waits for one of four slots. They are used by its own workspace (one), another workspace of its
 * organization (one), and another organization (two).
 */
beforeAll(async () => {
  api = await createApiFixture();
  own = await seedRun(api);
  const others = [await seedRun(api), await seedRun(api)];
  for (const { workspaceId } of others) await api.services.workspaces.update(workspaceId, { name: 'Theirs' });
  const { organizationId, owner } = own;
  const named = { organizationId, name: 'Sibling', description: null };
  const sibling = await api.persistence.store.workspaces.create(named);
  const jobs = await deployJobs(api, sibling.id, owner, [defineJob('jobs.m.f')]);
  await api.services.organizations.update(organizationId, { defaultWorkspaceRole: 'viewer' });
  for (const run of [...others.map((other) => other.run), await jobs.start('jobs.m.f')])
    await api.setRun(run.id, { status: 'running' });
  await copyRun(api.testDatabase.database, own.run.id, 1, () => ({ status: 'running' }));
  await api.setRun(own.run.id, { waitKind: 'slot', waitReason: stored });
  await api.persistence.store.supervisors.keepAlive(
    identifyServer('server'),
    { batch: 4, apps: 4 },
    { seconds: 600, isClaiming: true },
  );
});
afterAll(() => api.close());

async function readReason(key: string): Promise<string | undefined> {
  const url = `/pumphouse/v1/workspaces/${own.workspaceId}/job-runs/${own.run.id}/life`;
  const answer = await api.app.inject({ url, headers: { authorization: `Bearer ${key}` } });
  return readAnswer('get_job_run_life', answer).waiting?.reason;
}

it('a run that waits for a slot names only the workspaces its reader may see', async () => {
  expect(await readReason(own.owner.key)).toBe(
    'Waiting for a free slot: 4 of 4 in use by workspaces Sibling (1), W (1), other organizations (2).',
  );
  const workspace = await api.persistence.store.workspaces.get(own.workspaceId);
  const collaborator = await api.createCaller(
    { id: workspace?.organizationId ?? '', role: 'collaborator' },
    { id: own.workspaceId, role: 'viewer' },
  );
  expect(await readReason(collaborator.key)).toBe(
    'Waiting for a free slot: 4 of 4 in use by workspaces W (1), other workspaces of the organization (1), other organizations (2).',
  );
});

it.each([
  ['the token of a run', (): Principal => ({ kind: 'run', workspaceId: own.workspaceId, attemptId: 'a' })],
  ['a key of the workspace', (): Principal => ({ ...own.owner.principal, workspaceId: 'its own' })],
  ['a caller without a credential', (): Principal => ({ kind: 'anonymous' })],
])('%s reads no names', async (_who, identify) => {
  const run = await api.persistence.store.jobRuns.find(own.run.id);
  if (!run) throw new Error('It was seeded');
  const reader = { principal: identify(), organizationId: undefined };
  const named = await createNameSlots(api.persistence)(run, reader);
  expect(named.waitReason).toBe(stored);
});
