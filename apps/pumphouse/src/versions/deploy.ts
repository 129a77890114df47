import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RouteResponse } from '@pumphouse/contract';
import { deploymentModule, hashManifest, type BuiltManifest, type Manifest } from '../manifest/manifest.ts';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { openLocalWorkspace, readLocalManifest } from './local-workspace.ts';
import { syncWorkspace, type SyncResult } from './sync-workspace.ts';

export interface DeployInput {
  /** A script instead of `__deployment__.py`: its jobs are added or updated, and nothing is archived. */
  script: string | null;
  pythonName: string | undefined;
  isFresh: boolean;
  isDryRun: boolean;
  /** Why the user deploys, stored with a new version of the code. */
  message?: string | null;
}

/** What a deploy did, or would do. */
export interface Deployed {
  manifest: Manifest;
  sync: SyncResult;
  receipt: RouteResponse<'deploy_workspace'>['job_receipt'];
  warnings: string[];
}

/** Deploys the workspace folder: uploads what changed, then applies the job definitions in one transaction. */
export async function deploy(session: Session, input: DeployInput): Promise<Deployed> {
  const workspace = await openLocalWorkspace(session, input);
  const { isFresh, isDryRun, message = null } = input;
  const syncing = syncWorkspace(session, workspace.local, { ...workspace, isDryRun, message });
  // It is awaited below; until then its failure must not end the process.
  syncing.catch(() => undefined);
  const { manifest, warnings } = await readLocalManifest(session, workspace, {
    isFresh,
    sync: () => syncing,
  });
  requireJobs(manifest, workspace.script);
  const sync = await syncing;
  const applied = await session.client.call('deploy_workspace', {
    params: { workspace_id: await session.workspaceId() },
    body: {
      job_definition_engine_version: manifest.engine_version,
      job_definition_hash: hashManifest(manifest),
      jobs: manifest.jobs,
      deployment_module: workspace.script === null ? deploymentModule : null,
      description: manifest.description ?? null,
      dry_run: isDryRun,
    },
  });
  return { manifest, sync, receipt: applied.job_receipt, warnings: [...warnings, ...applied.warnings] };
}

/** Reads the jobs of the workspace without changing anything, for `--show-manifest`. */
export async function showManifest(session: Session, input: DeployInput): Promise<BuiltManifest> {
  const workspace = await openLocalWorkspace(session, input);
  return readLocalManifest(session, workspace, {
    isFresh: input.isFresh,
    sync: () => syncWorkspace(session, workspace.local, { ...workspace, isDryRun: true }),
  });
}

/** @throws CommandError no_jobs */
function requireJobs({ jobs }: Manifest, script: string | null): void {
  if (jobs.length > 0) return;
  throw new CommandError(`${script ?? `${deploymentModule}.py`} has no jobs.`, {
    code: 'no_jobs',
    exitCode: exitCodes.refused,
    nextStep: 'Decorate a function with @job from dlt.hub.run, and list it in __all__.',
  });
}

/** Whether the workspace has a `__deployment__.py`, whose jobs are those of the workspace. */
export function hasDeploymentModule(root: string): boolean {
  return existsSync(join(root, `${deploymentModule}.py`)) || existsSync(join(root, deploymentModule));
}
