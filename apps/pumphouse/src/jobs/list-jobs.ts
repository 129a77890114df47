import { resultRunOfJob, statusOfJob, type JobOverviewResponse } from '@pumphouse/contract';
import { readAll } from '../paging/read-all.ts';
import { shortenJobRef } from '../runs/job-name.ts';
import { toOneLine } from '../terminal/plain-text.ts';
import { describeTrigger } from '../runs/run-cause.ts';
import { describeOutcome } from '../runs/run-outcome.ts';
import type { Session } from '../session/session.ts';
import { formatRelative, formatStatus } from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { matchesSelector } from './select-jobs.ts';

/** Lists jobs: those that match any selector, or all. */
export async function showJobs(
  session: Session,
  selectors: string[],
  { archived = false }: { archived?: boolean },
): Promise<void> {
  const all = await readJobOverviews(session, { isArchived: archived });
  const jobs = all.filter(
    (job) => selectors.length === 0 || selectors.some((one) => matchesSelector(job, one)),
  );
  const none = archived ? 'No archived jobs.' : 'No jobs yet. Deploy your workspace folder: pumphouse deploy';
  const empty = selectors.length === 0 ? none : 'No jobs match these selectors.';
  session.show(jobs, () => formatJobs(session.terminal, jobs, empty));
}

/** Reads jobs as the console lists them, by their references. */
export async function readJobOverviews(
  session: Session,
  { isArchived, q }: { isArchived?: boolean; q?: string },
): Promise<JobOverviewResponse[]> {
  const params = { workspace_id: await session.workspaceId() };
  const filter = {
    ...(isArchived !== undefined && { is_archived: isArchived }),
    ...(q !== undefined && { q }),
  };
  const jobs = await readAll((page) =>
    session.client.call('list_job_overviews', { params, query: { ...filter, ...page } }),
  );
  return jobs.toSorted((left, right) => left.ref.localeCompare(right.ref));
}

function formatJobs(terminal: Terminal, jobs: readonly JobOverviewResponse[], empty: string): string {
  return formatList(terminal, jobs, {
    empty,
    columns: [
      { title: 'JOB', text: ({ ref }) => shortenJobRef(ref) },
      { title: 'STATE', text: (job) => formatState(terminal, job) },
      { title: 'LAST RUN', text: ({ last_run: run }) => formatRelative(run?.created_at) },
      { title: 'NEXT START', text: ({ next_start: next }) => formatRelative(next?.at) },
      { title: 'TRIGGER', text: describeMainTrigger, dropOrder: 1 },
      {
        title: 'RESULT',
        text: describeResult,
        dropOrder: 2,
        isProse: true,
      },
      { title: 'TAGS', text: ({ tags }) => tags.join(' '), dropOrder: 3 },
      { title: 'TYPE', text: ({ job_type: type }) => (type === 'batch' ? '' : type), dropOrder: 4 },
      { title: 'NAME', text: ({ name, ref }) => (name === ref ? '' : toOneLine(name)), dropOrder: 5 },
    ],
  });
}

function describeResult(job: JobOverviewResponse): string {
  const run = resultRunOfJob(job);
  return run === null ? '' : describeOutcome(run);
}

/** Whether a job is in service, and its state: a failure stays until the job completes. */
export function formatState(terminal: Terminal, job: JobOverviewResponse): string {
  const { is_archived, is_paused, failing_since } = job;
  if (is_archived) return terminal.tone('quiet', 'archived');
  const count = failing_since !== null && failing_since.count > 1 ? ` ×${failing_since.count}` : '';
  const shown = statusOfJob(job);
  const status = shown === null ? terminal.tone('quiet', 'no run') : formatStatus(terminal, shown) + count;
  return is_paused ? `${terminal.tone('warning', 'paused')}, ${status}` : status;
}

const rankedTriggers = ['schedule:', 'every:', 'once:', 'job.', 'webhook:', 'deployment:', 'http:'];

/** The most informative trigger: the next start's, else clocks first, then events; nothing for manual starts only. */
export function describeMainTrigger({
  triggers,
  next_start: next,
}: Pick<JobOverviewResponse, 'triggers' | 'next_start'>): string {
  const main =
    next?.trigger ??
    rankedTriggers.flatMap((kind) => triggers.filter((trigger) => trigger.startsWith(kind))).at(0);
  return main === undefined ? '' : describeTrigger(main);
}
