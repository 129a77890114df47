import type { ApiFixture } from './api-fixture.ts';
import type { JobRunRecord, OrganizationRole, WorkspaceRole } from '../../store/records.ts';
import type { OperationId, Route } from '@pumphouse/contract';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import { defineJob } from './api-fixture.ts';
import { startByHand } from './deployed-jobs.ts';
import { plainRequirements } from '../../services/testing/workspace-fixture.ts';

/** Secrets that must never appear in the log: some scenario sends or stores each of them. */
export const planted = {
  secretVariable: 'planted-secret-variable-7261',
  plainVariable: 'planted-plain-variable-7262',
  configuration: 'planted-configuration-7263',
  signing: 'planted-signing-secret-7264',
  code: 'planted-line-of-code-7265',
  channelAddress: 'planted-channel-address-7267',
  linkPassword: 'planted-link-password-7266',
};

export type Scene = Awaited<ReturnType<typeof createScene>>;

/** One call that succeeds and changes something. */
export interface ScenarioCall {
  params?: Record<string, string>;
  payload?: object | Buffer;
  headers?: Record<string, string>;
  bearer?: string;
}

export interface Scenario {
  /** The action of the audit entry. */
  action: string;
  /**
   * The organization whose log has the entry. By default the scene's; `none` if the entry is about the
   * account alone, `new` if the call creates the organization.
   */
  organization?: 'none' | 'new';
  prepare(scene: Scene): Promise<ScenarioCall> | ScenarioCall;
}

/**
 * Creates a workspace with two versions of everything, a scheduled job that also listens to a webhook, and
 * secrets everywhere they can occur.
 */
export async function createScene(api: ApiFixture) {
  const context = await api.createWorkspaceFixture();
  const { workspace, owner, organization } = context;
  const { services } = api.dependencies;
  const at = { workspaceId: workspace.id, membershipId: owner.membershipId };
  const grant = (kind: 'deployment' | 'configuration', uploadId: string = randomUUID()) => ({
    principal: owner.principal,
    workspaceId: workspace.id,
    kind,
    uploadId,
  });

  async function uploadCode(text: string) {
    const archivePath = join(api.folder, `${randomUUID()}.tar.gz`);
    await writeFile(archivePath, buildArchive({ 'a.py': text }));
    const upload = { archivePath, requirements: plainRequirements, requirementsSizeBytes: 2 };
    return services.uploadPackage.uploadDeployment({ ...upload, grant: grant('deployment') });
  }

  async function configure(text: string) {
    const archive = buildArchive({ 'secrets.toml': text });
    return services.uploadPackage.uploadConfiguration({ grant: grant('configuration'), archive });
  }

  const oldCode = await uploadCode(`# ${planted.code}`);
  await uploadCode('x = 2');
  const oldConfiguration = await configure(`password = "${planted.configuration}"`);
  await configure('password = "another one"');
  const definition = defineJob('jobs.m.scene', {
    triggers: ['schedule:0 6 * * *', 'webhook:orders'],
    execute: { concurrency: null },
  });
  const deployed = await services.deploy({
    ...at,
    jobs: [definition],
    deploymentModule: '__deployment__',
    dryRun: false,
  });
  const jobId = deployed.jobs[0]?.job.id ?? '';
  const [webhook] = await services.webhooks.list(workspace.id);
  if (!webhook) throw new Error('The job has no webhook');

  const startRun = (): Promise<JobRunRecord> => startByHand(api, { ...at, jobId });

  return {
    api,
    memberScope: context,
    organization,
    workspace,
    owner,
    at,
    jobId,
    definition,
    webhook,
    oldCode,
    oldConfiguration,
    startRun,

    /** Creates another user of the organization, with an optional role in the workspace. */
    addMember: (role: OrganizationRole, workspaceRole: WorkspaceRole | null = null) =>
      api.createCaller(
        { id: organization.id, role },
        workspaceRole ? { id: workspace.id, role: workspaceRole } : undefined,
      ),

    /** Signs the owner in at a client. */
    beginSession: () => api.signIn.sessions.begin({ userId: owner.userId, client: 'a client' }),

    /** The bearer token for the operation, unless the scenario overrides it. */
    async bearerFor({ credential }: Route): Promise<string> {
      if (credential !== 'dataplane') return owner.key;
      return (await api.credentials.issueDataplaneToken(owner.principal, workspace.id)).token;
    },

    uploadCall: async (kind: 'deployment' | 'configuration', parts: Record<string, Uint8Array | string>) => {
      const own = grant(kind);
      const { token } = await api.credentials.issueUploadToken(owner.principal, own);
      const form = new FormData();
      for (const [name, part] of Object.entries(parts)) {
        form.append(name, new Blob([typeof part === 'string' ? part : Buffer.from(part)]), `${name}.bin`);
      }
      const encoded = new Response(form);
      return {
        bearer: token,
        params: { [`${kind}_id`]: own.uploadId },
        payload: Buffer.from(await encoded.arrayBuffer()),
        headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
      };
    },
  };
}

/** Scenarios by operation. */
export type Scenarios = Partial<Record<OperationId, Scenario>>;
