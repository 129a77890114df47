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
      running_count: 0,
      pending_count: 0,
      has_runs: false,
    };
    expect(await list(owner.key)).toEqual([{ ...empty, workspace_id: workspace.id }, empty]);

    const start = await deploy(workspace.id, owner);
    await api.finishRun((await start()).id, {
      status: 'failed',
      failure: { code: 'exit_code', detail: 'It failed.' },
    });
    await api.createAttempt(await start());
    await start();
    expect(await list(owner.key)).toEqual([
      {
        workspace_id: workspace.id,
        failing_job_count: 1,
        running_count: 1,
        pending_count: 1,
        has_runs: true,
      },
      empty,
    ]);

    await api.persistence.store.workspaces.setArchived(workspace.id, true);
    expect(await list(owner.key)).toEqual([empty]);
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
