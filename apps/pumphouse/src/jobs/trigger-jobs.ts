import type { TriggerJobsResponse } from '@pumphouse/contract';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import { nameRun, shortenJobRef } from '../runs/job-name.ts';
import { describeTrigger } from '../runs/run-cause.ts';
import type { Session } from '../session/session.ts';
import { formatList } from '../terminal/list.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findJob } from './find-job.ts';

/** The options of `trigger`. */
export interface TriggerOptions {
  profile?: string;
  refresh?: boolean;
  dryRun?: boolean;
}

/** Starts all jobs that match any selector. */
export async function triggerJobs(
  session: Session,
  names: string[],
  options: TriggerOptions,
): Promise<ExitCode | void> {
  const isDryRun = options.dryRun ?? false;
  const selectors = await Promise.all(names.map((name) => toSelector(session, name)));
  const receipt = await session.client.call('trigger_jobs', {
    params: { workspace_id: await session.workspaceId() },
    body: {
      selectors,
      dry_run: isDryRun,
      refresh: options.refresh ?? false,
      ...(options.profile !== undefined && { profile: options.profile }),
    },
  });
  session.show(receipt, () => formatReceipt(session.terminal, receipt, isDryRun));
  const [started] = receipt.succeeded;
  if (started?.job_run && !isDryRun) {
    const { job_ref, job_run } = started;
    session.terminal.note(`Follow it: pumphouse logs ${shortenJobRef(job_ref)} ${job_run.number} -f`);
  }
  if (receipt.failed.length > 0) return exitCodes.refused;
  if (started !== undefined) return;
  return receipt.skipped.length > 0 ? exitCodes.refused : exitCodes.notFound;
}

/** A plain name is that of a job; dlt's selectors need the whole reference. */
async function toSelector(session: Session, name: string): Promise<string> {
  if (name.includes(':') || /^(schedule|every|once|manual|webhook|deployment)$/.test(name)) return name;
  if (/[*?[\]]/.test(name)) return name.startsWith('jobs.') ? name : `jobs.${name}`;
  return (await findJob(session, name)).job_ref;
}

const tones = { started: 'good', 'would start': 'good', skipped: 'warning', failed: 'bad' } as const;

interface Row {
  job: string;
  result: keyof typeof tones;
  trigger: string;
  reasons: string;
}

/** One line for each job, those that were not started last, with the reasons. */
export function listResults({ succeeded, skipped, failed }: TriggerJobsResponse, isDryRun: boolean): Row[] {
  return [
    ...succeeded.map(({ job_ref, job_run, trigger, reasons }) => ({
      job: job_run && !isDryRun ? nameRun({ job_ref, number: job_run.number }) : shortenJobRef(job_ref),
      result: isDryRun ? ('would start' as const) : ('started' as const),
      trigger: describeTrigger(trigger),
      reasons: (reasons ?? []).join('; '),
    })),
    ...skipped.map(({ job_ref, status, trigger, reasons }) => ({
      job: shortenJobRef(job_ref),
      result: 'skipped' as const,
      trigger: describeTrigger(trigger),
      reasons: (reasons ?? []).join('; ') || status.replace(/^skipped_/, '').replaceAll('_', ' '),
    })),
    ...failed.map(({ ref, detail }) => ({
      job: shortenJobRef(ref),
      result: 'failed' as const,
      trigger: '',
      reasons: detail,
    })),
  ];
}

function formatReceipt(terminal: Terminal, receipt: TriggerJobsResponse, isDryRun: boolean): string {
  return formatList(terminal, listResults(receipt, isDryRun), {
    empty: 'No jobs match these selectors.',
    columns: [
      { title: isDryRun ? 'JOB' : 'RUN', text: ({ job }) => job },
      {
        title: 'RESULT',
        text: ({ result }) => terminal.tone(tones[result], result),
      },
      { title: 'TRIGGER', text: ({ trigger }) => trigger, dropOrder: 1 },
      { title: 'REASON', text: ({ reasons }) => reasons, isProse: true },
    ],
  });
}
