import type { Handlers } from '../handler.ts';
import type { ManifestBuild, ManifestBuilds } from '../../services/versions/manifest-builds.ts';
import type { RouteResponseInput } from '@pumphouse/contract';
import { workspaceOf } from '../handler.ts';

/** Handlers that build manifests and return them. */
export function createManifestBuildHandlers(services: {
  manifestBuilds: ManifestBuilds;
}): Pick<Handlers, 'build_manifest' | 'get_manifest_build'> {
  const { manifestBuilds } = services;
  return {
    async build_manifest(call) {
      const { params, body, reply } = call;
      const { run, isNew } = await manifestBuilds.build({
        ...workspaceOf(call),
        deploymentId: params.deployment_id,
        module: body.module,
        useAll: body.use_all,
        isRebuild: body.rebuild,
      });
      void reply.code(isNew ? 201 : 200);
      return { job_run_id: run.id };
    },

    async get_manifest_build({ params }) {
      const { workspace_id: workspaceId, deployment_id: deploymentId, job_run_id: jobRunId } = params;
      return toManifestBuild(await manifestBuilds.get({ workspaceId, deploymentId, jobRunId }));
    },
  };
}

function toManifestBuild({ run, result }: ManifestBuild): RouteResponseInput<'get_manifest_build'> {
  const build = { job_run_id: run.id, run_status: run.status, wait_reason: run.waitReason };
  if (result.status === 'running') return { ...build, status: 'running' };
  const ended = { ...build, wait_reason: null };
  if (result.status === 'completed') return { ...ended, ...result };
  const { nextStep, ...error } = result.failure;
  return { ...ended, status: 'failed', error: { ...error, next_step: nextStep } };
}
