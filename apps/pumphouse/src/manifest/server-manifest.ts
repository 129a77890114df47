import { setTimeout as sleep } from 'node:timers/promises';
import type { ManifestBuildResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import type { BuiltManifest } from './manifest.ts';
import { toBuiltManifest } from './run-worker.ts';

interface ServerManifestInput {
  /** The deployment whose code is imported; null if the code is not on the server. */
  deploymentId: string | null;
  module: string;
  usesAll: boolean;
  /** Whether to build again what was built before. */
  isFresh: boolean;
}

const pollEveryMs = 500;

/**
 * Lets the server import the workspace's code, in the sandbox of a run, because there is no Python with dlt here.
 * @throws CommandError python_needed, manifest_failed and the server's other reasons why there is no manifest
 */
export async function buildOnServer(session: Session, input: ServerManifestInput): Promise<BuiltManifest> {
  const { deploymentId, module, usesAll, isFresh } = input;
  if (deploymentId === null) throw pythonNeeded(module);
  const params = { workspace_id: await session.workspaceId(), deployment_id: deploymentId };
  const { job_run_id } = await session.client.call('build_manifest', {
    params,
    body: { module, use_all: usesAll, rebuild: isFresh },
  });
  const build = await waitForBuild(session, { ...params, job_run_id });
  if (build.manifest) return toBuiltManifest(build.manifest, build.warnings);
  throw explainBuild(module, build);
}

/** Waits for the build, and shows what it waits for. */
async function waitForBuild(
  session: Session,
  params: { workspace_id: string; deployment_id: string; job_run_id: string },
): Promise<ManifestBuildResponse> {
  const startedAt = performance.now();
  for (let lastWait = ''; ;) {
    const build = await session.client.call('get_manifest_build', { params });
    if (build.status !== 'running') {
      session.terminal.redraw('');
      return build;
    }
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const wait = build.wait_reason ?? '';
    if (wait !== '' && wait !== lastWait) session.terminal.note(`The import waits: ${wait}`);
    lastWait = wait;
    const state = build.wait_reason ?? 'The server imports the code';
    session.terminal.redraw(`${state} (${seconds} s)`);
    await sleep(pollEveryMs);
  }
}

function explainBuild(module: string, { error, job_run_id }: ManifestBuildResponse): CommandError {
  const message = error === undefined ? 'no reason given' : `${error.type}: ${error.message}`;
  return new CommandError(`The server cannot read the jobs of ${module}.py: ${message}`, {
    code: error?.code ?? 'manifest_failed',
    exitCode: exitCodes.refused,
    nextStep: chooseNextStep(error, job_run_id),
    lines: error?.traceback?.trimEnd().split('\n') ?? [],
  });
}

/** The server speaks to all clients; this one uploads the corrected code by itself. */
function chooseNextStep(error: ManifestBuildResponse['error'], jobRunId: string): string {
  if (error?.code === 'manifest_failed') return 'Correct the code, then run the command again.';
  return error?.next_step ?? `See the log: pumphouse logs ${jobRunId}`;
}

function pythonNeeded(module: string): CommandError {
  return new CommandError(`${module}.py has to be imported, and there is no Python with dlt here.`, {
    code: 'python_needed',
    exitCode: exitCodes.usage,
    nextStep:
      'Deploy without --dry-run, so that the server can import it, or install dlt into .venv of the workspace.',
  });
}
