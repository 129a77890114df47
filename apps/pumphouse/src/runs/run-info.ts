import type {
  JobRunPipelineRunsResponse,
  JobRunTimelineResponse,
  PipelineRunOfJobRun,
  RunOverviewDetailResponse,
} from '@pumphouse/contract';
import { locatePage } from '../session/console-address.ts';
import type { Session } from '../session/session.ts';
import { formatDetails } from '../terminal/details.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInstant,
  formatRelative,
  formatStatus,
} from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findRun } from './find-run.ts';
import { nameRun } from './job-name.ts';
import { readFailure, type RunFailure } from './read-failure.ts';
import { formatReasonBox } from './reason-box.ts';
import { describeCause } from './run-cause.ts';
import { describeOutcome } from './run-outcome.ts';

interface RunDetails {
  overview: RunOverviewDetailResponse;
  timeline: JobRunTimelineResponse;
  pipelines: JobRunPipelineRunsResponse;
  failure: RunFailure | null;
  url: string;
}

/** Shows a run: how it ended and why, its phases, what it loaded, and what it ran. */
export async function showRun(
  session: Session,
  [name, number]: [name: string, number?: string],
): Promise<void> {
  const { id } = await findRun(session, name, number);
  const details = await readRun(session, id);
  const { overview, timeline, pipelines, url } = details;
  session.show({ ...overview, life: timeline, pipeline_runs: pipelines.pipeline_runs, url }, () =>
    formatRun(session.terminal, details),
  );
}

async function readRun(session: Session, id: string): Promise<RunDetails> {
  const { client } = session;
  const params = { workspace_id: await session.workspaceId(), job_run_id: id };
  const [overview, timeline, pipelines] = await Promise.all([
    client.call('get_run_overview', { params }),
    client.call('get_job_run_life', { params }),
    client.call('list_job_run_pipeline_runs', { params }),
  ]);
  const failure = await readFailure(session, timeline);
  return { overview, timeline, pipelines, failure, url: await locatePage(session, 'runs', id) };
}

function formatRun(terminal: Terminal, { overview, timeline, pipelines, failure, url }: RunDetails): string {
  const { status } = overview;
  const outcome = failure === null ? describeOutcome(overview) : '';
  const head = `${terminal.tone('strong', nameRun(overview))}  ${formatStatus(terminal, status)}`;
  return [
    outcome === '' ? head : `${head}  ${outcome}`,
    failure === null ? '' : `\n${formatReasonBox(failure, terminal)}`,
    `\n${formatFields(terminal, overview, url)}`,
    formatPhases(terminal, timeline),
    formatPipelines(terminal, pipelines),
    formatChecks(terminal, pipelines),
  ]
    .filter((part) => part !== '')
    .join('\n')
    .trimEnd();
}

function formatFields(terminal: Terminal, run: RunOverviewDetailResponse, url: string): string {
  const { deployment, configuration, attempt_count: attempts } = run;
  return formatDetails(terminal, [
    ['Trigger', describeCause(run)],
    ['Created', at(run.created_at)],
    ['Started', at(run.started_at)],
    ['Finished', at(run.finished_at)],
    ['Duration', formatDuration(run.duration_seconds)],
    ['Profile', run.profile],
    ['Interval', formatInterval(run)],
    ['Code', `version ${deployment.version}`],
    ['Configuration', `version ${configuration.version}`],
    ['Attempts', attempts > 1 ? attempts : null],
    ['Last completed', run.last_completed === null ? null : `#${run.last_completed.number}`],
    ['Id', run.id],
    ['Console', url],
  ]);
}

function at(instant: string | null): string {
  return instant === null ? '' : `${formatInstant(instant)} (${formatRelative(instant)})`;
}

function formatInterval({ interval_start: start, interval_end: end }: RunOverviewDetailResponse): string {
  if (start === null || end === null || start === end) return '';
  return `${formatInstant(start)} to ${formatInstant(end)}`;
}

/** The phases of all attempts in one line each: `environment 8.2 s, running 2.0 s`. */
function formatPhases(terminal: Terminal, { phases }: JobRunTimelineResponse): string {
  const attempts = [...new Set(phases.map(({ attempt }) => attempt))];
  const lines = attempts.map((number) => {
    const texts = phases
      .filter(({ attempt }) => attempt === number)
      .map(({ name, started_at: start, duration_ms: ms }) =>
        ms === null ? `${name} since ${formatRelative(start)}` : `${name} ${formatDuration(ms / 1000)}`,
      );
    return `${attempts.length > 1 ? `#${number}  ` : ''}${texts.join(', ')}`;
  });
  return lines.length === 0 ? '' : `${terminal.tone('strong', 'PHASES')}\n${lines.join('\n')}\n`;
}

/** The checks of the last attempt in one line each: `failed  orders  orders: at least 1 row (...)`. */
function formatChecks(terminal: Terminal, { pipeline_results: results }: JobRunPipelineRunsResponse): string {
  const last = Math.max(...results.map(({ attempt_number: number }) => number));
  const lines = results
    .filter(({ attempt_number: number }) => number === last)
    .flatMap(({ pipeline_name: name, checks }) =>
      (checks?.results ?? []).map(
        ({ check, status, detail }) => `${status.padEnd(7)}  ${name}  ${check} (${detail})`,
      ),
    );
  return lines.length === 0 ? '' : `${terminal.tone('strong', 'CHECKS')}\n${lines.join('\n')}\n`;
}

interface LoadedTable {
  pipeline: PipelineRunOfJobRun;
  table: string;
  rows: number | null;
  bytes: number | null;
  disposition: string;
}

function formatPipelines(
  terminal: Terminal,
  { pipeline_runs: runs, is_cut: isCut }: JobRunPipelineRunsResponse,
): string {
  if (runs.length === 0) return '';
  const table = formatList(terminal, runs.flatMap(listTables), {
    empty: '',
    columns: [
      { title: 'PIPELINE', text: ({ pipeline }) => pipeline.pipeline_name },
      { title: 'STATUS', text: ({ pipeline }) => formatStatus(terminal, pipeline.status) },
      { title: 'TABLE', text: ({ table }) => table },
      { title: 'ROWS', text: ({ rows }) => formatCount(rows), isNumber: true },
      { title: 'SIZE', text: ({ bytes }) => formatBytes(bytes), isNumber: true, dropOrder: 2 },
      { title: 'MODE', text: ({ disposition }) => disposition, dropOrder: 3 },
      { title: 'DATASET', text: ({ pipeline }) => pipeline.dataset_name ?? '', dropOrder: 1 },
      { title: 'DESTINATION', text: ({ pipeline }) => pipeline.destination_name ?? '', dropOrder: 4 },
    ],
  });
  const changes = runs.flatMap(({ schema_changes }) => schema_changes);
  const count = changes.reduce((sum, { changes_total }) => sum + changes_total, 0);
  const [first] = changes;
  const schemas =
    first === undefined
      ? ''
      : `Schema changes: ${count}; show them: pumphouse schema ${first.pipeline_name} --history\n`;
  return `${table}${isCut ? 'There are more pipeline runs than shown here.\n' : ''}${schemas}`;
}

/** A pipeline run that loaded nothing has one line too. dlt's own tables are left out. */
function listTables(pipeline: PipelineRunOfJobRun): LoadedTable[] {
  const tables = (pipeline.tables ?? []).filter(({ table_name }) => !table_name.startsWith('_dlt_'));
  if (tables.length === 0) return [{ pipeline, table: '', rows: null, bytes: null, disposition: '' }];
  return tables.map((table) => ({
    pipeline,
    table: table.table_name,
    rows: table.rows_loaded ?? null,
    bytes: table.bytes_loaded ?? null,
    disposition: table.write_disposition ?? '',
  }));
}
