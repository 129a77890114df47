import type { Scenario, Scenarios } from './audit-scene.ts';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import { defineJob } from './api-fixture.ts';
import { plainRequirements } from '../../services/testing/workspace-fixture.ts';
import { planted } from './audit-scene.ts';
import type { JobColumns } from '../../store/postgres/testing/jobs.ts';
import { randomBytes } from 'node:crypto';
import { removeRegion } from '../../store/postgres/testing/workspaces.ts';
import { setJob } from '../../store/postgres/testing/jobs.ts';

const ofJob = (action: string, columns?: JobColumns): Scenario => ({
  action,
  prepare: async ({ api, jobId }) => {
    if (columns) await setJob(api.testDatabase.database, { id: jobId }, columns);
    return { params: { job_id: jobId } };
  },
});

/** A package of the pipeline `shop` that a run has extracted. */
const preparePending: Scenario['prepare'] = async ({ api, at, startRun }) => {
  const run = await startRun();
  const { id: attemptId } = await api.createAttempt(run);
  await api.setRun(run.id, { status: 'failed', finishedAt: new Date() });
  await api.persistence.store.pendingPackages.save(
    { workspaceId: at.workspaceId, profile: run.profile, workerId: null },
    [
      {
        pipelineName: 'shop',
        loadId: '1795989114.5254204',
        schemaName: 'shop',
        step: 'extracted',
        tableNames: ['orders'],
        rowCounts: [],
        sizeBytes: 1000,
        jobsLeft: 1,
        jobsDone: 0,
        tries: 0,
        createdAt: new Date(),
        attemptId,
      },
    ],
  );
  return { params: { pipeline_name: 'shop' }, payload: { profile: run.profile } };
};

const costRates = {
  currency: 'EUR',
  hourly_prices: { small: 0.5, medium: 1, large: 2, xlarge: null },
};

/** Scenarios for workspaces, and for the organizations that own them. */
export const workspaceScenarios: Scenarios = {
  set_region_organization: {
    action: 'organization.set-region',
    prepare: async ({ api, organization }) => {
      await removeRegion(api.testDatabase.database, organization.id);
      return { payload: { dataplane_id: 'local' } };
    },
  },
  set_organization_limits: {
    action: 'organization.set-limits',
    prepare: () => ({ payload: { concurrent_runs: 3, minutes_a_month: null } }),
  },
  set_cost_rates: {
    action: 'organization.set-cost-rates',
    prepare: () => ({ payload: costRates }),
  },
  delete_cost_rates: {
    action: 'organization.remove-cost-rates',
    prepare: async ({ api, organization }) => {
      await api.services.costRates.set(organization.id, {
        startsOn: '2026-03-01',
        currency: 'EUR',
        hourlyPrices: { small: 1 },
      });
      return { params: { starts_on: '2026-03-01' } };
    },
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
    prepare: async ({ api, workspace }) => {
      await api.services.workspaces.archive(workspace.id);
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
  set_deployment_message: {
    action: 'deployment.set-message',
    prepare: ({ oldCode }) => ({
      params: { deployment_id: oldCode.id },
      payload: { message: 'Loads orders by day' },
    }),
  },
  build_manifest: {
    action: 'deployment.build-manifest',
    prepare: ({ oldCode }) => ({ params: { deployment_id: oldCode.id }, payload: {} }),
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
  unarchive_job: ofJob('job.unarchive', { isArchived: true }),
  pause_job: ofJob('job.pause'),
  resume_job: ofJob('job.resume', { isPaused: true }),
  publish_job: ofJob('job.publish', { jobType: 'interactive' }),
  publish_app: {
    action: 'job.publish',
    prepare: async (scene) => ({
      ...(await ofJob('job.publish', { jobType: 'interactive' }).prepare(scene)),
      payload: { password: planted.linkPassword },
    }),
  },
  unpublish_job: {
    action: 'job.unpublish',
    prepare: async (scene) => {
      const { apps } = scene.api.persistence.store;
      await apps.endPublication(scene.jobId);
      await apps.addPublication({
        jobId: scene.jobId,
        secretHash: randomBytes(32),
        sealedSecret: Buffer.from('sealed'),
        passwordHash: null,
        expiresAt: null,
        createdBy: null,
      });
      return ofJob('job.unpublish', { jobType: 'interactive' }).prepare(scene);
    },
  },
  restart_app: ofJob('job-run.start', { jobType: 'interactive' }),
  trigger_jobs: {
    action: 'job-run.start',
    prepare: ({ jobId }) => ({ payload: { job_ids: [jobId] } }),
  },
  start_job: {
    action: 'job-run.start',
    prepare: ({ jobId }) => ({ params: { job_id: jobId }, payload: {} }),
  },
  create_job_run: {
    action: 'job-run.start',
    prepare: ({ jobId }) => ({ payload: { job_id: jobId, trigger: 'manual:' } }),
  },
  cancel_job_run: {
    action: 'job-run.cancel',
    prepare: async ({ startRun }) => ({ params: { job_run_id: (await startRun()).id } }),
  },
  force_end_job_run: {
    action: 'job-run.force-end',
    prepare: async ({ api, startRun }) => {
      const run = await startRun();
      await api.createAttempt(run);
      await api.setRun(run.id, { unknownSince: new Date(), unknownDetail: 'x' });
      return { params: { job_run_id: run.id } };
    },
  },
  finish_pending_packages: {
    action: 'job-run.start',
    prepare: preparePending,
  },
  drop_pending_packages: {
    action: 'pending-packages.drop',
    prepare: preparePending,
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
      const context = { workspaceId: at.workspaceId, webhookId: webhook.webhook.id };
      await api.dependencies.services.webhooks.setSigningSecret(context, planted.signing);
      return { params: { webhook_id: webhook.webhook.id } };
    },
  },
};
