import type { ApiFixture } from '../testing/api-fixture.ts';
import type { Principal } from '../../services/sign-in/principal.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { createNameSlots } from '../../services/runs/name-slots.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { seedRun } from '../testing/seed-run.ts';

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
  const others = [await seedRun(api), await seedRun(api), await seedRun(api)];
  const { database } = api.testDatabase;
  await database.execute(`update workspaces set name = 'Theirs' where id = any($1)`, [
    others.map(({ workspaceId }) => workspaceId),
  ]);
  const sibling = others[0];
  await database.execute(
    `update workspaces set name = 'Sibling', is_playground = false,
            organization_id = (select organization_id from workspaces where id = $2) where id = $1`,
    [sibling?.workspaceId, own.workspaceId],
  );
  await database.execute(
    `update organizations set default_workspace_role = 'viewer'
      where id = (select organization_id from workspaces where id = $1)`,
    [own.workspaceId],
  );
  for (const { run } of others) await api.setRun(run.id, `status = 'running'`);
  await database.execute(
    `insert into job_runs (workspace_id, job_id, job_version_id, deployment_id, configuration_id, number, status, trigger, trigger_kind, profile)
     select workspace_id, job_id, job_version_id, deployment_id, configuration_id, 99, 'running', trigger, trigger_kind, profile
       from job_runs where id = $1`,
    [own.run.id],
  );
  await api.setRun(own.run.id, `wait_kind = 'slot', wait_reason = '${stored}'`);
  await api.persistence.store.supervisors.keepAlive('server', { batch: 4, apps: 4 }, 600);
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
