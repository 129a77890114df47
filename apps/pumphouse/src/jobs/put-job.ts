import { ApiError } from '@pumphouse/client';
import type { JobDefinition, JsonObject, RouteResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { hashManifest } from '../manifest/manifest.ts';
import type { Session } from '../session/session.ts';
import { listJobs, type Job } from './find-job.ts';

const engineVersion = 2;
const schedulePrefix = 'schedule:';

/** Replaces the schedule of a definition; null removes it. Its other triggers stay. */
export function setSchedule(definition: JsonObject | JobDefinition, cron: string | null): JsonObject {
  const { triggers, default_trigger: before, ...rest } = definition;
  const others = (Array.isArray(triggers) ? triggers : []).filter((trigger) => !isSchedule(trigger));
  const schedule = cron === null ? [] : [`${schedulePrefix}${cron}`];
  const keepsDefault = before !== undefined && !isSchedule(before);
  return { ...rest, triggers: [...schedule, ...others], ...(keepsDefault && { default_trigger: before }) };
}

function isSchedule(trigger: unknown): boolean {
  return typeof trigger === 'string' && trigger.startsWith(schedulePrefix);
}

/** Adds or updates one job by hand: jobs of the workspace's code, and all other jobs, stay as they are. */
export async function putJob(
  session: Session,
  definition: JsonObject,
): Promise<RouteResponse<'deploy_workspace'>['job_receipt']> {
  const manifest = { engine_version: engineVersion, deployment_module: '', jobs: [definition] };
  const deploying = session.client.call('deploy_workspace', {
    params: { workspace_id: await session.workspaceId() },
    body: {
      job_definition_engine_version: engineVersion,
      job_definition_hash: hashManifest(manifest),
      jobs: [definition],
      deployment_module: null,
    },
  });
  const { job_receipt, warnings } = await deploying.catch(explainSchedule);
  for (const warning of warnings) session.terminal.note(`Warning: ${warning}`);
  return job_receipt;
}

/** The server explains a wrong schedule as a wrong trigger of a definition, which the user has not written. */
function explainSchedule(error: unknown): never {
  const [, cron = '', reason = ''] =
    /Invalid trigger 'schedule:(.*?)': (?:invalid cron expression \()?(.*?)\)?$/s.exec(
      error instanceof ApiError ? error.detail : '',
    ) ?? [];
  if (reason === '') throw error;
  throw new CommandError(`${cron} is not a schedule: ${reason}.`, {
    code: 'invalid_schedule',
    exitCode: exitCodes.usage,
    nextStep: 'Give a cron expression such as "0 6 * * *", or an alias such as @daily.',
  });
}

/**
 * Refuses to change a job that the workspace's code declares: the next deploy would undo the change.
 * @throws CommandError job_from_code
 */
export function requireOwnJob(job: Pick<Job, 'job_ref' | 'deployment_module'>, line: string): void {
  const { job_ref: ref, deployment_module: module } = job;
  if (module === null || module === undefined) return;
  throw new CommandError(
    `${ref} is declared in the code of the workspace (${module}.py), which decides about it.`,
    {
      code: 'job_from_code',
      exitCode: exitCodes.refused,
      nextStep: `Write this in the code, then run pumphouse deploy:\n  ${line}`,
    },
  );
}

/** Refuses a reference that a job of the workspace's code has. */
export async function requireFreeRef(session: Session, ref: string, line: string): Promise<void> {
  const jobs = await listJobs(session);
  const other = jobs.find(({ job_ref }) => job_ref === ref);
  if (other) requireOwnJob(other, line);
}
