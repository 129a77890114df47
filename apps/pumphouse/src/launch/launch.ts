import { CommandError } from '../errors/command-error.ts';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import { findJob, listJobs, chooseJob, type Job } from '../jobs/find-job.ts';
import { followRun } from '../logs/follow-log.ts';
import { explainSkip } from '../runs/explain-skip.ts';
import type { Session } from '../session/session.ts';
import { deploy, hasDeploymentModule } from '../versions/deploy.ts';
import { parseInput } from './parse-input.ts';

export interface LaunchOptions {
  follow?: boolean;
  wait?: boolean;
  refresh?: boolean;
  profile?: string;
  input: string[];
  deploy: boolean;
  python?: string;
}

/** Starts a script or a job, with the code of the workspace folder unless `--no-deploy` is given. */
export async function launch(
  session: Session,
  name: string,
  options: LaunchOptions,
): Promise<ExitCode | void> {
  const input = parseInput(options.input);
  const job = await prepareJob(session, name, options);
  const run = await startJob(session, job, { ...options, input });
  const url = `${session.serverUrl}/w/${await session.workspaceId()}/runs/${run.id}`;
  session.terminal.note(`Run #${run.number} of ${job.job_ref}: ${url}`);
  if (options.follow) return followRun(session, run);
  if (options.wait) return followRun(session, run, { hidesLines: true });
  session.show(run, () => run.id);
}

/** Deploys what the folder has of the job, and returns it. */
export async function prepareJob(
  session: Session,
  name: string,
  options: Pick<LaunchOptions, 'deploy' | 'python'>,
): Promise<Job> {
  const { folder } = session;
  if (!options.deploy || folder === null) return findJob(session, name);
  if (name.endsWith('.py')) return deployScript(session, name, options);
  if (hasDeploymentModule(folder.path)) {
    const input = { script: null, pythonName: options.python, isFresh: false, isDryRun: false };
    const { warnings } = await deploy(session, input);
    for (const warning of warnings) session.terminal.note(`Warning: ${warning}`);
  }
  return findJob(session, name);
}

/** Deploys the jobs of a script, and returns the only one. */
async function deployScript(
  session: Session,
  script: string,
  options: Pick<LaunchOptions, 'python'>,
): Promise<Job> {
  const { manifest, warnings } = await deploy(session, {
    script,
    pythonName: options.python,
    isFresh: false,
    isDryRun: false,
  });
  for (const warning of warnings) session.terminal.note(`Warning: ${warning}`);
  const refs = manifest.jobs.map((job) => String(job['job_ref']));
  const [only] = refs;
  if (only === undefined || refs.length > 1) {
    throw new CommandError(`${script} has ${refs.length} jobs.`, {
      code: 'several_jobs',
      exitCode: exitCodes.usage,
      nextStep: 'They are deployed now; start one of them by its name: pumphouse launch NAME',
      lines: refs,
    });
  }
  return chooseJob(await listJobs(session), only);
}

interface StartInput {
  refresh?: boolean;
  profile?: string;
  input?: Record<string, unknown> | undefined;
}

/** @throws CommandError start_skipped with the reasons of the server */
export async function startJob(
  session: Session,
  job: Pick<Job, 'id' | 'job_ref'>,
  { refresh, profile, input }: StartInput,
) {
  const started = await session.client.call('start_job', {
    params: { workspace_id: await session.workspaceId(), job_id: job.id },
    body: {
      refresh: refresh ?? false,
      ...(profile !== undefined && { profile }),
      ...(input !== undefined && { input }),
    },
  });
  const { job_run: run, reasons } = started;
  if (!run) throw explainSkip(job.job_ref, started.status, reasons ?? []);
  for (const reason of reasons ?? []) session.terminal.note(reason);
  return run;
}
