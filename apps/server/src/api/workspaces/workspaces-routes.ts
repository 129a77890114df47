import type { RequestUrls } from '../serializers/request-urls.ts';
import type { Credentials } from '../../services/sign-in/credentials.ts';
import type { Deploy } from '../../services/jobs/deploy.ts';
import type { DeployedJob } from '../../services/jobs/deploy-result.ts';
import type { Handlers } from '../handler.ts';
import type { RouteResponseInput } from '@pumphouse/contract';
import type { Workspaces } from '../../services/workspaces/workspaces.ts';
import { toJob, toJobVersion } from '../jobs/jobs-serializers.ts';
import { toWorkspace, toWorkspaceMe } from '../people/people-serializers.ts';
import { userOf, workspaceOf } from '../handler.ts';

type Operations =
  | 'get_workspace'
  | 'get_workspace_settings'
  | 'update_workspace'
  | 'archive_workspace'
  | 'unarchive_workspace'
  | 'get_workspace_me'
  | 'issue_dataplane_token_workspace'
  | 'deploy_workspace';

export function createWorkspaceHandlers(services: {
  workspaces: Workspaces;
  credentials: Credentials;
  deploy: Deploy;
}): Pick<Handlers, Operations> {
  const { workspaces, credentials, deploy } = services;
  return {
    get_workspace: async ({ authorization, origin }) =>
      toWorkspace((await workspaces.me(authorization)).access.workspace, origin),

    async get_workspace_settings({ authorization, origin }) {
      const { workspace } = (await workspaces.me(authorization)).access;
      return { ...toWorkspace(workspace, origin), keeps_description: workspace.keepsDescription };
    },

    update_workspace: async ({ params, body, origin }) =>
      toWorkspace(await workspaces.update(params.workspace_id, body), origin),

    archive_workspace: async ({ params, origin }) =>
      toWorkspace(await workspaces.archive(params.workspace_id), origin),

    unarchive_workspace: async ({ params, origin }) =>
      toWorkspace(await workspaces.unarchive(params.workspace_id), origin),

    get_workspace_me: async ({ authorization, origin }) =>
      toWorkspaceMe(await workspaces.me(authorization), origin),

    async issue_dataplane_token_workspace(call) {
      const { workspaceId } = workspaceOf(call);
      const { token, expiresAt } = await credentials.issueDataplaneToken(
        userOf(call.authorization),
        workspaceId,
      );
      return { token, expires_at: expiresAt };
    },

    async deploy_workspace(call) {
      const result = await deploy({
        ...workspaceOf(call),
        jobs: call.body.jobs,
        deploymentModule: call.body.deployment_module ?? null,
        description: call.body.description,
        dryRun: call.body.dry_run,
      });
      const changed = outcomeOrder.flatMap((outcome) => result.jobs.filter((job) => job.outcome === outcome));
      const unchanged = result.jobs.filter((job) => job.outcome === 'unchanged');
      return {
        deployment_module: result.deploymentModule,
        warnings: result.warnings,
        job_receipt: {
          succeeded: changed.map((job) => toDeployedJob(job, call)),
          skipped: unchanged.map((job) => toDeployedJob(job, call)),
          failed: [],
        },
      };
    },
  };
}

const outcomeOrder = ['created', 'updated', 'archived'] as const;

type DeployedJobInput = RouteResponseInput<'deploy_workspace'>['job_receipt']['succeeded'][number];

function toDeployedJob(
  { job, outcome, previousVersion }: DeployedJob,
  at: Pick<RequestUrls, 'apps'>,
): DeployedJobInput {
  const previous = previousVersion ? { previous_version: toJobVersion(previousVersion, job) } : {};
  return { job: toJob(job, at), outcome, ...previous };
}
