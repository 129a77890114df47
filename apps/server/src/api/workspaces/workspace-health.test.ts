import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { createKeys } from '../../services/keys/keys.ts';
import { deployJobs } from '../testing/deployed-jobs.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());

const ask = (bearer: string) =>
  api.app.inject({
    url: '/pumphouse/v1/account/workspaces',
    headers: { authorization: `Bearer ${bearer}` },
  });
const list = async (bearer: string) => readAnswer('list_workspace_health', await ask(bearer)).items;

/** Deploys `job` to a workspace, and returns a function that starts it. */
async function deploy(workspaceId: string, owner: TestCaller) {
  const job = defineJob('jobs.job', { execute: { concurrency: null } });
  const { start } = await deployJobs(api, workspaceId, owner, [job]);
  return () => start('jobs.job');
}

describe('the health of workspaces', () => {
  it('reports failing, running and pending runs for each workspace of the caller', async () => {
    const { organization, workspace, owner } = await api.createWorkspaceFixture();
    const { id: emptyId } = await api.persistence.store.workspaces.create({
      organizationId: organization.id,
      name: 'Empty',
      description: null,
    });
    await api.persistence.store.workspaces.addMember(emptyId, owner.membershipId, 'viewer');
    const empty = {
      workspace_id: emptyId,
      failing_job_count: 0,
      late_job_count: 0,
      running_count: 0,
      pending_count: 0,
      has_runs: false,
      last_run_at: null,
    };
    expect(await list(owner.key)).toEqual([{ ...empty, workspace_id: workspace.id }, empty]);

    const start = await deploy(workspace.id, owner);
    await api.finishRun((await start()).id, {
      status: 'failed',
      failure: { code: 'exit_code', detail: 'It failed.' },
    });
    await api.createAttempt(await start());
    const { createdAt } = await start();
    expect(await list(owner.key)).toEqual([
      {
        workspace_id: workspace.id,
        failing_job_count: 1,
        late_job_count: 0,
        running_count: 1,
        pending_count: 1,
        has_runs: true,
        last_run_at: createdAt.toISOString(),
      },
      empty,
    ]);

    await api.persistence.store.workspaces.setArchived(workspace.id, true);
    expect(await list(owner.key)).toEqual([empty]);
  });

  it('counts jobs whose tick is overdue, in their own workspace only', async () => {
    const { workspace, owner } = await api.createWorkspaceFixture();
    const other = await api.createWorkspaceFixture();
    const trigger = 'schedule:0 * * * *';
    const jobs = ['late', 'due', 'archived'].map((name) =>
      defineJob(`jobs.${name}`, { triggers: [trigger] }),
    );
    const { idOf } = await deployJobs(api, workspace.id, owner, jobs);
    await deployJobs(api, other.workspace.id, other.owner, jobs);
    const { store } = api.persistence;
    const tickBefore = (name: string, seconds: number) => {
      const nextTickAt = new Date(Date.now() - seconds * 1000);
      return { jobId: idOf(`jobs.${name}`), trigger, previousTickAt: nextTickAt, nextTickAt };
    };
    await store.schedules.advance([
      tickBefore('late', 300),
      tickBefore('due', 5),
      tickBefore('archived', 300),
    ]);
    expect(await list(owner.key)).toMatchObject([{ late_job_count: 2 }]);
    const [archived] = await store.jobs.getMany([idOf('jobs.archived')]);
    if (archived) await store.jobs.archive(archived);
    expect(await list(owner.key)).toMatchObject([{ late_job_count: 1 }]);
    expect(await list(other.owner.key)).toMatchObject([{ late_job_count: 0 }]);
  });

  it('covers workspaces where the caller has a role, or the one workspace of its key', async () => {
    const { organization, workspace, owner } = await api.createWorkspaceFixture();
    const other = await api.persistence.store.workspaces.create({
      organizationId: organization.id,
      name: 'Other',
      description: null,
    });
    const collaborator = await api.createCaller(
      { id: organization.id, role: 'collaborator' },
      { id: other.id, role: 'viewer' },
    );
    const stranger = (await api.createWorkspaceFixture()).owner;
    const idsOf = async (bearer: string) => (await list(bearer)).map(({ workspace_id: id }) => id);
    expect(await idsOf(collaborator.key)).toEqual([other.id]);
    expect(await idsOf(stranger.key)).not.toContain(workspace.id);
    const workspaceKey = await createKeys(api.persistence).create({
      email: owner.principal.email,
      days: 1,
      workspace: { id: workspace.id, role: 'developer' },
    });
    expect(await idsOf(workspaceKey)).toEqual([workspace.id]);
  });

  it('is denied to the code of a run, and without a credential', async () => {
    const { workspace, owner } = await api.createWorkspaceFixture();
    const { id } = await api.createAttempt(await (await deploy(workspace.id, owner))());
    expect((await ask(await api.credentials.issueRunToken(id))).statusCode).toBe(403);
    expect((await ask('')).statusCode).toBe(401);
  });
});
