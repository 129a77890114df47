import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RouteResponse } from '@pumphouse/contract';
import { buildManifest, locateScript } from '../manifest/build-manifest.ts';
import { findPython, type Python } from '../manifest/find-python.ts';
import { deploymentModule, hashManifest, type BuiltManifest, type Manifest } from '../manifest/manifest.ts';
import { buildOnServer } from '../manifest/server-manifest.ts';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { requireFolder } from '../workspaces/workspace-folder.ts';
import { readLocalVersions, syncWorkspace, type LocalVersions, type SyncResult } from './sync-workspace.ts';

export interface DeployInput {
  /** A script instead of `__deployment__.py`: its jobs are added or updated, and nothing is archived. */
  script: string | null;
  pythonName: string | undefined;
  isFresh: boolean;
  isDryRun: boolean;
}

/** What a deploy did, or would do. */
export interface Deployed {
  manifest: Manifest;
  sync: SyncResult;
  receipt: RouteResponse<'deploy_workspace'>['job_receipt'];
  warnings: string[];
}

/** The workspace's files and jobs, before anything is sent. */
interface Prepared {
  root: string;
  local: LocalVersions;
  python: Python | null;
}

/** Deploys the workspace folder: uploads what changed, then applies the job definitions in one transaction. */
export async function deploy(session: Session, input: DeployInput): Promise<Deployed> {
  const { path: root } = requireFolder(session.folder, session.terminal.folder);
  const script = input.script === null ? null : locateScript(root, session.terminal.folder, input.script);
  const python = findPython(root, { named: input.pythonName, env: session.terminal.env });
  const prepared: Prepared = { root, local: await readLocalVersions(root), python };
  for (const warning of prepared.local.warnings) session.terminal.note(warning);
  return apply(session, prepared, { ...input, script });
}

async function apply(session: Session, prepared: Prepared, input: DeployInput): Promise<Deployed> {
  const { root, local, python } = prepared;
  const { script, isDryRun } = input;
  const syncing = syncWorkspace(session, local, { root, python, isDryRun });
  // Both are awaited below; until then a failure of one must not end the process.
  syncing.catch(() => undefined);
  const { manifest, warnings } = await buildManifest({
    root,
    script,
    python,
    contentHash: local.code.contentHash,
    env: session.terminal.env,
    isFresh: input.isFresh,
    buildOnServer: async (module, usesAll) =>
      buildOnServer(session, {
        deploymentId: await storedDeployment(syncing),
        module,
        usesAll,
        isFresh: input.isFresh,
      }),
  });
  requireJobs(manifest, script);
  const sync = await syncing;
  const applied = await session.client.call('deploy_workspace', {
    params: { workspace_id: await session.workspaceId() },
    body: {
      job_definition_engine_version: manifest.engine_version,
      job_definition_hash: hashManifest(manifest),
      jobs: manifest.jobs,
      deployment_module: script === null ? deploymentModule : null,
      description: manifest.description ?? null,
      dry_run: isDryRun,
    },
  });
  return { manifest, sync, receipt: applied.job_receipt, warnings: [...warnings, ...applied.warnings] };
}

/** Builds the manifest without sending anything, for `--show-manifest`. */
export async function readManifest(session: Session, input: DeployInput): Promise<BuiltManifest> {
  const { path: root } = requireFolder(session.folder, session.terminal.folder);
  const script = input.script === null ? null : locateScript(root, session.terminal.folder, input.script);
  const python = findPython(root, { named: input.pythonName, env: session.terminal.env });
  const local = await readLocalVersions(root);
  return buildManifest({
    root,
    script,
    python,
    contentHash: local.code.contentHash,
    env: session.terminal.env,
    isFresh: input.isFresh,
    buildOnServer: async (module, usesAll) => {
      const sync = syncWorkspace(session, local, { root, python, isDryRun: true });
      const deploymentId = await storedDeployment(sync);
      return buildOnServer(session, { deploymentId, module, usesAll, isFresh: input.isFresh });
    },
  });
}

/** The deployment that has the code of the folder; null if a dry run has not uploaded it. */
async function storedDeployment(syncing: Promise<SyncResult>): Promise<string | null> {
  const { deployment } = await syncing;
  return deployment.outcome === 'would_upload' ? null : deployment.id;
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
