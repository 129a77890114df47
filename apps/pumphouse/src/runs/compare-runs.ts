import type { JobRunComparisonResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { formatBytes, formatCount, formatDuration, formatInstant } from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findRuns } from './find-runs.ts';
import type { Run } from './find-run.ts';
import { nameRun } from './job-name.ts';

type Comparison = JobRunComparisonResponse;
type ComparedRun = Comparison['target'];

/** Compares a run with another of its job, or with the last completed run before it. */
export async function compareRuns(session: Session, names: string[]): Promise<void> {
  const [target, other, ...rest] = await findRuns(session, names);
  if (target === undefined || rest.length > 0) throw wrongCount(names);
  const comparison = await session.client.call('compare_job_runs', {
    params: { workspace_id: await session.workspaceId(), job_run_id: target.id },
    query: other === undefined ? {} : { base_id: other.id },
  });
  session.show(comparison, () => formatComparison(session.terminal, comparison, target));
}

function wrongCount(names: readonly string[]): CommandError {
  return new CommandError(`${names.join(' ')} names more than two runs.`, {
    code: 'too_many_runs',
    exitCode: exitCodes.usage,
    nextStep: 'Name one or two runs, such as load 12 10.',
  });
}

function formatComparison(terminal: Terminal, comparison: Comparison, { job }: Run): string {
  const { base, target } = comparison;
  const named = nameRun({ job_ref: job.job_ref, number: target.number });
  if (base === null) return `No completed run before ${named} to compare with.`;
  const columns = { before: `#${base.number}`, after: `#${target.number}` };
  const parts = [
    `${terminal.tone('strong', named)} compared with #${base.number}\n`,
    formatChanges(terminal, listDifferences(base, target), columns),
    comparison.job_changes.length === 0
      ? ''
      : formatChanges(
          terminal,
          comparison.job_changes.map(({ key, before, after }) => ({
            what: key,
            before: toText(before),
            after: toText(after),
          })),
          columns,
        ),
    formatTables(terminal, comparison),
    comparison.is_truncated ? 'There is more than shown here; the console shows it.\n' : '',
  ];
  return parts
    .filter((part) => part !== '')
    .join('\n')
    .trimEnd();
}

interface Difference {
  what: string;
  before: string;
  after: string;
}

/** Settings and durations of two runs; settings that are equal are left out. */
export function listDifferences(base: ComparedRun, target: ComparedRun): Difference[] {
  const row = (what: string, read: (run: ComparedRun) => string): Difference => ({
    what,
    before: read(base),
    after: read(target),
  });
  const always = [
    row('status', ({ status }) => status),
    row('duration', ({ duration_seconds: seconds }) => formatDuration(seconds)),
  ];
  const settings = [
    row('code', ({ deployment_version }) => `version ${deployment_version}`),
    row('configuration', ({ configuration_version }) => `version ${configuration_version}`),
    row('job', ({ job_version }) => `version ${job_version}`),
    row('profile', ({ profile }) => profile),
    row('trigger', ({ trigger_text }) => trigger_text),
    row('refresh', ({ refresh }) => (refresh ? 'yes' : 'no')),
    row('interval', ({ interval_start: start, interval_end: end }) =>
      start === end ? '' : `${formatInstant(start)} to ${formatInstant(end)}`,
    ),
    row('attempts', ({ attempt_count }) => String(attempt_count)),
  ];
  const phases = [...new Set([...base.phases, ...target.phases].map(({ name }) => name))];
  return [
    ...always,
    ...settings.filter(({ before, after }) => before !== after),
    ...phases.map((name) => row(`  ${name}`, (run) => formatDuration(sumPhase(run, name)))),
  ];
}

function sumPhase({ phases }: ComparedRun, name: string): number | null {
  const found = phases.filter((phase) => phase.name === name);
  return found.length === 0 ? null : found.reduce((sum, { duration_ms: ms }) => sum + (ms ?? 0), 0) / 1000;
}

function formatChanges(
  terminal: Terminal,
  rows: Difference[],
  titles: { before: string; after: string },
): string {
  return formatList(terminal, rows, {
    empty: '',
    columns: [
      { title: '', text: ({ what }) => what },
      { title: titles.before, text: ({ before }) => before },
      { title: titles.after, text: ({ after }) => after },
    ],
  });
}

function formatTables(terminal: Terminal, { tables, base, target }: Comparison): string {
  return formatList(terminal, tables, {
    empty: '',
    columns: [
      { title: 'TABLE', text: ({ table_name }) => table_name },
      {
        title: `ROWS #${base?.number}`,
        text: ({ before }) => formatCount(before?.rows_loaded),
        isNumber: true,
      },
      {
        title: `ROWS #${target.number}`,
        text: ({ after }) => formatCount(after?.rows_loaded),
        isNumber: true,
      },
      {
        title: 'CHANGE',
        text: ({ before, after }) => formatChange(before?.rows_loaded ?? 0, after?.rows_loaded ?? 0),
        isNumber: true,
      },
      {
        title: `SIZE #${target.number}`,
        text: ({ after }) => formatBytes(after?.bytes_loaded),
        isNumber: true,
        dropOrder: 1,
      },
      { title: 'PIPELINE', text: ({ pipeline_name }) => pipeline_name, dropOrder: 2 },
    ],
  });
}

function formatChange(before: number, after: number): string {
  if (before === after) return '=';
  return `${after > before ? '+' : ''}${formatCount(after - before)}`;
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
