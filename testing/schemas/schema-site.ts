import type { ServerStore } from '../fixtures/server-store.ts';
import type { TestServer } from '../fixtures/server.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { openServerStore } from '../fixtures/server-store.ts';
import { ownerEmail, startTestServer } from '../fixtures/server.ts';

/**
 * A server without a supervisor, with a workspace that has one resource of each kind that can be created
 * without a run.
 */
export interface SchemaSite {
  server: TestServer;
  /** Ids for path parameters. */
  ids: Record<string, string>;
  /**
   * By operation: separate ids for operations that disable the resource in the path, or remove the caller
   * from it.
   */
  spareIds: Record<string, Record<string, string>>;
  dataplaneToken: string;
  /** Tokens of uploads, with the ids of the resulting versions. */
  uploads: { kind: 'deployment' | 'configuration'; id: string; token: string }[];
  remove(): Promise<void>;
}

export async function createSchemaSite(): Promise<SchemaSite> {
  const server = await startTestServer({ PUMPHOUSE_ROLES: 'api' });
  try {
    return { server, ...(await furnish(server)), remove: () => server.remove() };
  } catch (error) {
    await server.remove();
    throw error;
  }
}

async function furnish(server: TestServer) {
  const { client } = server;
  const workspaceId = await createWorkspace(server, 'Schemas');
  const at = { workspace_id: workspaceId };
  const jobs = [defineScriptJob('m', ['schedule:0 6 * * *', 'webhook:orders'])];
  // Twice, so that there is a version to compare with and to roll back to.
  for (const text of ['1', '2']) {
    const configuration = { 'config.toml': `a = ${text}` };
    await deployWorkspace(server, workspaceId, { files: { 'm.py': text }, jobs, configuration });
  }
  const jobRunId = await triggerJob(server, workspaceId, 'jobs.m');
  // Cancelled, so that the stream of its log ends.
  await client.call('cancel_job_run', { params: { ...at, job_run_id: jobRunId } });
  const { items: organizations } = await client.call('list_organizations', { query: {} });
  const lists = {
    organization_id: organizations,
    job_id: (await client.call('list_jobs', { params: at, query: {} })).items,
    deployment_id: (await client.call('list_deployments', { params: at, query: {} })).items,
    configuration_id: (await client.call('list_configurations', { params: at, query: {} })).items,
    webhook_id: (await client.call('list_webhooks', { params: at })).webhooks,
  };
  // The last of a list is the oldest.
  const ids = Object.entries(lists).map(([name, items]) => [name, items.at(-1)?.id ?? '']);
  const organizationId = organizations.at(-1)?.id ?? '';
  const people = await furnishPeople(server, { workspaceId, organizationId });
  const spare = { workspace_id: await createWorkspace(server, 'Spare') };
  const deployment = await client.call('issue_upload_deployment', { params: at });
  const configuration = await client.call('issue_upload_configuration', { params: at });
  return {
    ids: {
      ...(Object.fromEntries(ids) as Record<string, string>),
      workspace_id: workspaceId,
      job_run_id: jobRunId,
      ...people.ids,
    },
    spareIds: {
      archive_workspace: spare,
      unarchive_workspace: spare,
      archive_job: spare,
      ...people.spareIds,
    },
    dataplaneToken: (await client.call('issue_dataplane_token_workspace', { params: at })).token,
    uploads: [
      { kind: 'deployment' as const, id: deployment.deployment_id, token: deployment.upload_token },
      {
        kind: 'configuration' as const,
        id: configuration.configuration_id,
        token: configuration.upload_token,
      },
    ],
  };
}

/** Creates members, invitations, keys and a session, each twice if an operation ends one. */
async function furnishPeople(
  server: TestServer,
  { workspaceId, organizationId }: { workspaceId: string; organizationId: string },
) {
  const { client } = server;
  const inWorkspace = { workspace_id: workspaceId };
  const inOrganization = { organization_id: organizationId };
  const left = await client.call('create_organization', { body: { name: 'Left' } });
  const opened = await openServerStore(server);
  let membershipIds: string[];
  let sessionId: string;
  try {
    membershipIds = await addMembers(opened, organizationId, ['a', 'b', 'c']);
    // The caller is an owner too, and may leave because another owner stays.
    const { people, sessions } = opened.store;
    const stays = await people.findUserByEmail('a@example.com');
    await people.addMember(left.id, stays?.id ?? '', 'owner');
    const caller = await people.findUserByEmail(ownerEmail);
    const session = await sessions.insert(
      {
        userId: caller?.id ?? '',
        client: 'schemas',
        address: null,
        userAgent: null,
        browserSessionHash: null,
      },
      { unusedDays: 1, maxDays: 1 },
    );
    sessionId = session?.id ?? '';
  } finally {
    await opened.close();
  }
  const [kept = '', removed = '', removedFromWorkspace = ''] = membershipIds;
  for (const membership_id of membershipIds) {
    const params = { ...inWorkspace, membership_id };
    await client.call('set_workspace_member', { params, body: { role: 'viewer' } });
  }
  const invited = await client.call('create_invitation', {
    params: inOrganization,
    body: { email: 'invited@example.com', role: 'member', workspaces: [] },
  });
  const invitedToWorkspace = await client.call('create_workspace_invitation', {
    params: inWorkspace,
    body: { email: 'invited@example.com', role: 'viewer' },
  });
  const personalKey = await client.call('create_personal_key', { body: { name: 'Personal' } });
  const workspaceKey = await client.call('create_workspace_key', {
    params: inWorkspace,
    body: { name: 'Workspace', role: 'viewer' },
  });
  return {
    ids: { membership_id: kept, session_id: sessionId, invitation_id: invited.id, key_id: personalKey.id },
    spareIds: {
      leave_organization: { organization_id: left.id },
      leave_workspace: { workspace_id: await createWorkspace(server, 'Left') },
      remove_organization_member: { membership_id: removed },
      remove_workspace_member: { membership_id: removedFromWorkspace },
      revoke_workspace_invitation: { invitation_id: invitedToWorkspace.id },
      revoke_workspace_key: { key_id: workspaceKey.id },
    },
  };
}

async function addMembers(
  { store }: ServerStore,
  organizationId: string,
  names: readonly string[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const name of names) {
    const email = `${name}@example.com`;
    const user = await store.people.createUser({ email, kind: 'human', passwordHash: null });
    ids.push((await store.people.addMember(organizationId, user.id, 'member')).id);
  }
  return ids;
}
