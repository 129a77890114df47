import type { TestServer } from '../fixtures/server.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { startTestServer } from '../fixtures/server.ts';

/** A server that only answers, with a workspace that has one of everything which can be made without running anything. */
export interface SchemaSite {
  server: TestServer;
  /** Ids that paths are filled with. */
  ids: Record<string, string>;
  /** A workspace for operations that put it out of use. */
  spareWorkspaceId: string;
  dataplaneToken: string;
  /** Tokens of uploads, with the ids of what they become. */
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
  // Twice, so that there is a version to compare with and to go back to.
  for (const text of ['1', '2']) {
    const configuration = { 'config.toml': `a = ${text}` };
    await deployWorkspace(server, workspaceId, { files: { 'm.py': text }, jobs, configuration });
  }
  const jobRunId = await triggerJob(server, workspaceId, 'jobs.m');
  // Over, so that the stream of its log ends.
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
  const deployment = await client.call('issue_upload_deployment', { params: at });
  const configuration = await client.call('issue_upload_configuration', { params: at });
  return {
    ids: {
      ...(Object.fromEntries(ids) as Record<string, string>),
      workspace_id: workspaceId,
      job_run_id: jobRunId,
    },
    spareWorkspaceId: await createWorkspace(server, 'Spare'),
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
