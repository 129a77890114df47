import type {
  JobInputsResponse,
  JobNextTicksResponse,
  JobOverviewResponse,
  RunOverviewResponse,
} from '@pumphouse/contract';
import { shortenJobRef } from '../runs/job-name.ts';
import { toOneLine } from '../terminal/plain-text.ts';
import { formatRuns, readRuns } from '../runs/list-runs.ts';
import { describeTrigger } from '../runs/run-cause.ts';
import { locatePage } from '../session/console-address.ts';
import type { Session } from '../session/session.ts';
import { formatDetails } from '../terminal/details.ts';
import { formatInstant, formatRelative } from '../terminal/format.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findJob, type Job } from './find-job.ts';
import { formatJobInputs, readJobInputs } from './job-inputs.ts';
import { listTerms } from './job-terms.ts';
import { formatState, readJobOverviews } from './list-jobs.ts';

interface JobDetails {
  job: Job;
  overview: JobOverviewResponse | undefined;
  ticks: JobNextTicksResponse;
  inputs: JobInputsResponse;
  runs: RunOverviewResponse[];
  url: string;
}

const shownRuns = 10;

/** Shows a job: its state, what starts it, and its latest runs. */
export async function showJob(session: Session, name: string): Promise<void> {
  const job = await findJob(session, name);
  const params = { workspace_id: await session.workspaceId(), job_id: job.id };
  const [overviews, ticks, inputs, runs, url] = await Promise.all([
    readJobOverviews(session, { q: job.job_ref }),
    session.client.call('list_job_next_ticks', { params, query: { limit: 3 } }),
    readJobInputs(session, job.id),
    readRuns(session, { job_id: job.id }, shownRuns),
    locatePage(session, 'jobs', job.id),
  ]);
  const overview = overviews.find(({ id }) => id === job.id);
  const details = { job, overview, ticks, inputs, runs, url };
  session.show(
    { ...job, overview: overview ?? null, next_ticks: ticks.triggers, inputs: inputs.inputs, runs, url },
    () => formatJob(session.terminal, details),
  );
}

function formatJob(terminal: Terminal, { job, overview, ticks, inputs, runs, url }: JobDetails): string {
  const state = overview === undefined ? '' : `  ${formatState(terminal, overview)}`;
  const star = job.job_definition.expose?.starred === true ? ' ★' : '';
  const head = `${terminal.tone('strong', shortenJobRef(job.job_ref))}${star}${state}`;
  const failing = overview?.failing_since;
  const { entry_point: entry, execute } = job.job_definition;
  const facts = formatDetails(terminal, [
    ['Name', job.name == null || job.name === job.job_ref ? null : toOneLine(job.name)],
    ['About', job.description == null ? null : toOneLine(job.description)],
    ['Failing since', failing ? `#${failing.number}, ${formatRelative(failing.at)}` : null],
    ...ticks.triggers.map(
      ({ trigger, trigger_text: text, ticks: [next] }) =>
        ['Trigger', describeTick(trigger, text, job.is_paused ? undefined : next)] as const,
    ),
    ['Fresh after', (job.freshness ?? []).join(', ')],
    ['Code', entry.function === null ? entry.module : `${entry.module}.${entry.function}`],
    [
      'From',
      job.deployment_module === null || job.deployment_module === undefined
        ? 'created by hand'
        : `${job.deployment_module}.py`,
    ],
    ['Inputs', formatJobInputs(inputs)],
    ['Type', job.job_type],
    ['Profile', job.profile],
    ...listTerms(job.job_definition),
    ['Concurrency', execute.concurrency],
    ['Pipelines', overview?.pipeline_names.join(', ')],
    ['Tags', overview?.tags.join(', ')],
    ['Version', job.version],
    ['Id', job.id],
    ['App', job.job_url],
    ['Public link', job.public_url],
    ['Console', url],
  ]);
  const latest = formatRuns(terminal, runs, 'No runs yet.');
  return `${head}\n\n${facts}\n${latest}`;
}

function describeTick(trigger: string, text: string, next: string | undefined): string {
  const declared = describeTrigger(trigger);
  const words = text === '' || text === declared ? declared : `${text} (${trigger})`;
  return next === undefined ? words : `${words}; next ${formatInstant(next)}, ${formatRelative(next)}`;
}
