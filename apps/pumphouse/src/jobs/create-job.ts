import { asObject, type JsonObject } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { shortenJobRef } from '../runs/job-name.ts';
import type { Session } from '../session/session.ts';
import { openLocalWorkspace, readLocalManifest } from '../versions/local-workspace.ts';
import { syncWorkspace } from '../versions/sync-workspace.ts';
import { putJob, requireFreeRef, setSchedule } from './put-job.ts';
import { showScheduleLine } from './schedule-line.ts';

/** The options of `job create`. */
export interface CreateJobOptions {
  name?: string;
  schedule?: string;
  description?: string;
  python?: string;
}

/** Makes a job of a plain script, without running it: uploads what changed, then adds or updates the one job. */
export async function createJob(
  session: Session,
  scriptName: string,
  options: CreateJobOptions,
): Promise<void> {
  const ref = options.name === undefined ? null : parseJobName(options.name);
  const workspace = await openLocalWorkspace(session, { script: scriptName, pythonName: options.python });
  const sync = await syncWorkspace(session, workspace.local, { ...workspace, isDryRun: false });
  const { manifest } = await readLocalManifest(session, workspace, {
    isFresh: false,
    sync: async () => sync,
  });
  const definition = describeJob(manifest.jobs, workspace.script ?? scriptName, { ...options, ref });
  const line = options.schedule === undefined ? '@job' : showScheduleLine(options.schedule);
  await requireFreeRef(session, String(definition['job_ref']), line);
  const receipt = await putJob(session, definition);
  session.show(receipt, () =>
    [...receipt.succeeded, ...receipt.skipped]
      .map(({ job, outcome }) => `${shortenJobRef(job.job_ref)} ${outcome} (version ${job.version})`)
      .join('\n'),
  );
  session.terminal.note(`Start it: pumphouse launch ${shortenJobRef(String(definition['job_ref']))} -f`);
}

/**
 * Applies the options to the job of a plain script.
 * @throws CommandError script_declares_jobs
 */
export function describeJob(
  jobs: readonly JsonObject[],
  script: string,
  { ref, schedule, description }: CreateJobOptions & { ref: string | null },
): JsonObject {
  const [job, ...others] = jobs;
  if (job === undefined || others.length > 0 || asObject(job['entry_point'])['function'] !== null) {
    throw new CommandError(`${script} declares its own jobs, whose names and triggers are in its code.`, {
      code: 'script_declares_jobs',
      exitCode: exitCodes.refused,
      nextStep: `Deploy them with pumphouse deploy, or start one with pumphouse launch ${script}.`,
    });
  }
  const named = {
    ...job,
    ...(ref !== null && { job_ref: ref }),
    ...(description !== undefined && { description }),
  };
  return schedule === undefined ? named : setSchedule(named, schedule);
}

/** @throws CommandError invalid_job_name */
export function parseJobName(name: string): string {
  if (/^(jobs\.)?[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/.test(name)) return `jobs.${name.replace(/^jobs\./, '')}`;
  throw new CommandError(`${name} cannot be the name of a job.`, {
    code: 'invalid_job_name',
    exitCode: exitCodes.usage,
    nextStep: 'Use letters, digits and underscores, such as load_orders.',
  });
}
