import type { ApiFixture } from './api-fixture.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { OperationId, Route } from '@pumphouse/contract';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import { defineJob } from './api-fixture.ts';
import { plainRequirements } from '../../services/testing/service-place.ts';

/** What must be found nowhere in the log: each is sent, or kept, by some scenario. */
export const planted = {
  secretVariable: 'planted-secret-variable-7261',
  plainVariable: 'planted-plain-variable-7262',
  configuration: 'planted-configuration-7263',
  signing: 'planted-signing-secret-7264',
  code: 'planted-line-of-code-7265',
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
  /** What the entry says was done. */
  action: string;
  prepare(scene: Scene): Promise<ScenarioCall> | ScenarioCall;
}

/** A workspace with two versions of everything, a job on a schedule that listens to a webhook as well, and secrets wherever they can be. */
export async function createScene(api: ApiFixture) {
  const place = await api.createPlace();
  const { workspace, owner, organization } = place;
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

  async function startRun(): Promise<JobRunRecord> {
    const { run } = await api.startRuns.createRun({
      ...at,
      jobId,
      trigger: 'manual:',
      profile: null,
      refresh: false,
      skipFreshness: false,
      mode: 'always',
    });
    return run;
  }

  return {
    api,
    place,
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
    execute: (sql: string, values: readonly unknown[]) => api.testDatabase.database.execute(sql, values),

    /** What the caller presents to the operation unless the scenario says otherwise. */
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

const ofJob = (action: string, assignments = 'is_paused = is_paused'): Scenario => ({
  action,
  prepare: async ({ execute, jobId }) => {
    await execute(`update jobs set ${assignments} where id = $1`, [jobId]);
    return { params: { job_id: jobId } };
  },
});

/**
 * For each operation that changes something, a call that does so and what its entry is called. The test of the audit log goes through
 * the route table: an operation that is neither here nor among those that change nothing fails it.
 */
export const auditScenarios: Partial<Record<OperationId, Scenario>> = {
  set_region_organization: {
    action: 'organization.set-region',
    prepare: async ({ execute, organization }) => {
      await execute('update organizations set dataplane_id = null where id = $1', [organization.id]);
      return { payload: { dataplane_id: 'local' } };
    },
  },
  set_organization_limits: {
    action: 'organization.set-limits',
    prepare: () => ({ payload: { concurrent_runs: 3, minutes_a_month: null } }),
  },
  create_workspace: {
    action: 'workspace.create',
    prepare: () => ({ payload: { name: 'Another', description: null } }),
  },
  update_workspace: {
    action: 'workspace.update',
    prepare: () => ({ payload: { name: 'Renamed' } }),
  },
  archive_workspace: { action: 'workspace.archive', prepare: () => ({}) },
  unarchive_workspace: {
    action: 'workspace.unarchive',
    prepare: async ({ execute, workspace }) => {
      await execute('update workspaces set archived_at = now() where id = $1', [workspace.id]);
      return {};
    },
  },
  deploy_workspace: {
    action: 'workspace.deploy',
    prepare: ({ definition }) => ({
      payload: {
        job_definition_engine_version: 1,
        job_definition_hash: '',
        jobs: [definition, defineJob('jobs.m.added')],
        deployment_module: '__deployment__',
      },
    }),
  },
  upload_deployment: {
    action: 'deployment.upload',
    prepare: ({ uploadCall }) =>
      uploadCall('deployment', {
        file: buildArchive({ 'a.py': `# ${planted.code}` }),
        requirements_file: JSON.stringify(plainRequirements),
      }),
  },
  upload_configuration: {
    action: 'configuration.upload',
    prepare: ({ uploadCall }) =>
      uploadCall('configuration', {
        file: buildArchive({ 'secrets.toml': `password = "${planted.configuration}"` }),
      }),
  },
  roll_back_deployment: {
    action: 'deployment.roll-back',
    prepare: ({ oldCode }) => ({ params: { deployment_id: oldCode.id } }),
  },
  roll_back_configuration: {
    action: 'configuration.roll-back',
    prepare: ({ oldConfiguration }) => ({ params: { configuration_id: oldConfiguration.id } }),
  },
  update_workspace_variables: {
    action: 'variable.update',
    prepare: () => ({
      payload: {
        profile: null,
        upserts: [
          { name: 'TOKEN', type: 'secret', value: planted.secretVariable },
          { name: 'PLAIN', type: 'plain', value: planted.plainVariable },
        ],
      },
    }),
  },
  archive_job: ofJob('job.archive'),
  unarchive_job: ofJob('job.unarchive', 'is_archived = true'),
  pause_job: ofJob('job.pause'),
  resume_job: ofJob('job.resume', 'is_paused = true'),
  trigger_jobs: {
    action: 'job-run.start',
    prepare: ({ jobId }) => ({ payload: { job_ids: [jobId] } }),
  },
  create_job_run: {
    action: 'job-run.start',
    prepare: ({ jobId }) => ({ payload: { job_id: jobId, trigger: 'manual:' } }),
  },
  cancel_job_run: {
    action: 'job-run.cancel',
    prepare: async ({ startRun }) => ({ params: { job_run_id: (await startRun()).id } }),
  },
  cancel_job_runs: {
    action: 'job-run.cancel',
    prepare: async ({ api, startRun }) => {
      const run = await startRun();
      await api.createAttempt(run);
      return { payload: { job_run_ids: [run.id] } };
    },
  },
  rotate_webhook_token: {
    action: 'webhook.rotate-token',
    prepare: ({ webhook }) => ({ params: { webhook_id: webhook.webhook.id } }),
  },
  set_webhook_signing_secret: {
    action: 'webhook.set-signing-secret',
    prepare: ({ webhook }) => ({
      params: { webhook_id: webhook.webhook.id },
      payload: { signing_secret: planted.signing },
    }),
  },
  remove_webhook_signing_secret: {
    action: 'webhook.remove-signing-secret',
    prepare: async ({ api, at, webhook }) => {
      const place = { workspaceId: at.workspaceId, webhookId: webhook.webhook.id };
      await api.dependencies.services.webhooks.setSigningSecret(place, planted.signing);
      return { params: { webhook_id: webhook.webhook.id } };
    },
  },
};

/** Operations that are no GET and yet write no entry of their own, each with the reason. */
export const changesNothing: Partial<Record<OperationId, string>> = {
  issue_dataplane_token_workspace: 'A token is given, and nothing is stored.',
  issue_upload_deployment: 'A token is given, and nothing is stored; the upload itself is written down.',
  issue_upload_configuration: 'A token is given, and nothing is stored; the upload itself is written down.',
};
