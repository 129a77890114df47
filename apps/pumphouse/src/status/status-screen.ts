import type { RunOverviewResponse } from '@pumphouse/contract';
import { nameRun, shortenJobRef } from '../runs/job-name.ts';
import { describeOutcome } from '../runs/run-outcome.ts';
import { formatCount, formatDuration, formatRelative, formatStatus } from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import type { Column } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { WorkspaceStatus } from './read-status.ts';

interface ScreenOptions {
  /** Lines of the terminal; the screen is at most that high. */
  height: number;
  nowMs: number;
}

/** Lines that are not rows of a section: the summary, and for each section a blank line and two titles. */
const fixedLines = 10;
const minRows = 1;

/** Formats what runs, what failed and what is next as one screen. */
export function formatScreen(
  terminal: Terminal,
  { workspace, active, failed, next, now }: WorkspaceStatus,
  { height, nowMs }: ScreenOptions,
): string {
  const failures = groupFailures(failed);
  const rows = shareRows([active.length, failures.length, next.length], height - fixedLines);
  const sections = [
    formatSection(terminal, { title: 'RUNNING', empty: 'Nothing runs.', rows: rows[0] ?? 0 }, active, [
      { title: 'RUN', text: nameRun },
      { title: 'STATUS', text: ({ status }) => formatStatus(terminal, status) },
      { title: 'SINCE', text: (run) => formatAge(run, nowMs) },
      { title: 'RESULT', text: describeOutcome, dropOrder: 1, isProse: true },
    ]),
    formatSection(
      terminal,
      { title: 'FAILED', empty: 'Nothing failed in 24 h.', rows: rows[1] ?? 0 },
      failures,
      [
        { title: 'RUN', text: ({ run }) => nameRun(run) },
        { title: 'WHEN', text: ({ run }) => formatRelative(run.finished_at ?? run.created_at, nowMs) },
        { title: 'TIMES', text: ({ count }) => (count > 1 ? `×${count}` : ''), dropOrder: 2 },
        { title: 'REASON', text: ({ run }) => describeOutcome(run), isProse: true },
      ],
    ),
    formatSection(terminal, { title: 'NEXT', empty: 'Nothing is scheduled.', rows: rows[2] ?? 0 }, next, [
      { title: 'JOB', text: ({ job }) => shortenJobRef(job.ref) },
      { title: 'START', text: ({ at }) => (at === null ? 'waits' : formatRelative(at, nowMs)) },
      { title: 'TRIGGER', text: ({ trigger_text: text }) => text, dropOrder: 1 },
      {
        title: 'BLOCKED',
        text: ({ blocked }) => (blocked === null ? '' : terminal.tone('warning', blocked.detail)),
        isProse: true,
        dropOrder: 2,
      },
    ]),
  ];
  return [formatSummary(terminal, workspace, now), ...sections].join('\n');
}

function formatSummary(terminal: Terminal, workspace: string, now: WorkspaceStatus['now']): string {
  const { completed, failed, cancelled } = now.last_24_hours;
  const parts = [
    `${formatCount(now.running)} running`,
    now.pending > 0 ? `${formatCount(now.pending)} waiting` : '',
    `24 h: ${terminal.tone('good', `${formatCount(completed)} completed`)}`,
    terminal.tone(failed > 0 ? 'bad' : 'quiet', `${formatCount(failed)} failed`),
    cancelled > 0 ? `${formatCount(cancelled)} cancelled` : '',
  ].filter((part) => part !== '');
  return `${terminal.tone('strong', workspace)}  ${parts.join(', ')}\n`;
}

interface Section {
  title: string;
  empty: string;
  rows: number;
}

function formatSection<Row>(
  terminal: Terminal,
  { title, empty, rows }: Section,
  all: readonly Row[],
  columns: readonly Column<Row>[],
): string {
  const hidden = all.length - rows;
  const head = terminal.tone('accent', hidden > 0 ? `${title} (${rows} of ${all.length})` : title);
  return `${head}\n${formatList(terminal, all.slice(0, rows), { empty: `${terminal.tone('quiet', empty)}\n`, columns })}`;
}

interface FailedJob {
  /** The latest failed run. */
  run: RunOverviewResponse;
  count: number;
}

/** One entry for each job, with its latest failure. */
export function groupFailures(failed: readonly RunOverviewResponse[]): FailedJob[] {
  const byJob = Map.groupBy(failed, ({ job_id }) => job_id);
  return [...byJob.values()].flatMap(([run, ...others]) => (run ? [{ run, count: others.length + 1 }] : []));
}

/**
 * Shares the lines of the screen: each section gets what it needs if all fit, else what the others leave, and
 * at least one line.
 */
export function shareRows(needed: readonly number[], available: number): number[] {
  const shares = needed.map((count) => Math.min(count, minRows));
  for (let left = available - shares.reduce((sum, share) => sum + share, 0); left > 0; left -= 1) {
    const smallest = shares
      .map((share, index) => ({ share, index, wants: (needed[index] ?? 0) > share }))
      .filter(({ wants }) => wants)
      .toSorted((one, other) => one.share - other.share)[0];
    if (!smallest) return shares;
    shares[smallest.index] = smallest.share + 1;
  }
  return shares;
}

function formatAge({ started_at: started, created_at: created }: RunOverviewResponse, nowMs: number): string {
  return formatDuration(Math.max(0, Math.round((nowMs - Date.parse(started ?? created)) / 1000)));
}
