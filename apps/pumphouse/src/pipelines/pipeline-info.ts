import { shortenPipelineError } from '@pumphouse/client';
import type { PipelineOverviewResponse } from '@pumphouse/contract';
import { shortenJobRef } from '../runs/job-name.ts';
import { toOneLine } from '../terminal/plain-text.ts';
import { countOf } from '../runs/run-outcome.ts';
import { locatePage } from '../session/console-address.ts';
import type { Session } from '../session/session.ts';
import { formatDetails } from '../terminal/details.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRelative,
  formatStatus,
} from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { explainMissing } from './find-name.ts';
import { formatFreshness } from './freshness.ts';
import { toSeconds } from './list-pipelines.ts';
import { readPipelineNames } from './read-names.ts';

/** Shows a pipeline: its last run, the age of its data, its jobs and its tables. */
export async function showPipeline(session: Session, name: string): Promise<void> {
  const params = { workspace_id: await session.workspaceId(), pipeline_name: name };
  const pipeline = await explainMissing(session.client.call('get_pipeline_overview', { params }), {
    kind: 'pipeline',
    name,
    listNames: () => readPipelineNames(session),
  });
  const url = await locatePage(session, 'pipelines', name);
  session.show({ ...pipeline, url }, () => formatPipeline(session.terminal, pipeline, url));
}

function formatPipeline(terminal: Terminal, pipeline: PipelineOverviewResponse, url: string): string {
  const { last_run: run, usual, freshness, schema_change_count_30_days: changes } = pipeline;
  const typical = [
    formatDuration(toSeconds(usual.median_duration_ms)),
    usual.median_rows_loaded === null ? '' : countOf(usual.median_rows_loaded, 'row'),
  ].filter((text) => text !== '');
  const facts = formatDetails(terminal, [
    [
      'Last run',
      run === null
        ? null
        : `${formatStatus(terminal, run.status)} ${formatRelative(run.created_at)}, in ${shortenJobRef(run.job_run.job_ref)} #${run.job_run.number}`,
    ],
    ['Error', run?.error_message == null ? null : toOneLine(shortenPipelineError(run.error_message))],
    ['Data', `${formatFreshness(terminal, freshness)}: ${freshness.detail}`],
    ['Typical run', typical.join(', ')],
    ['Dataset', pipeline.dataset_name],
    ['Destination', pipeline.destination_name],
    [
      'Jobs',
      pipeline.jobs
        .map(({ job_ref, is_archived }) => `${shortenJobRef(job_ref)}${is_archived ? ' (archived)' : ''}`)
        .join(', '),
    ],
    ['Schemas', pipeline.schema_names.join(', ')],
    [
      'Changes',
      changes === 0
        ? null
        : `${countOf(changes, 'schema change')} in 30 days: pumphouse schema ${pipeline.pipeline_name} --history`,
    ],
    [
      'Pending',
      pipeline.pending_packages.length === 0
        ? null
        : `${countOf(pipeline.pending_packages.length, 'package')} that the next run loads`,
    ],
    ['Console', url],
  ]);
  const tables = formatTables(terminal, pipeline.tables, pipeline.are_tables_cut);
  return `${terminal.tone('strong', pipeline.pipeline_name)}\n\n${facts}\n${tables}`;
}

interface OverviewTable {
  table_name: string;
  parent: string | null;
  write_disposition: string | null;
  column_count: number;
  rows_last_loaded: number | null;
  bytes_last_loaded: number | null;
  last_loaded_at: string | null;
  last_changed_at: string | null;
  pipeline_name?: string;
}

/** Formats the tables of a pipeline or a dataset. */
export function formatTables(terminal: Terminal, tables: readonly OverviewTable[], isCut: boolean): string {
  const list = formatList(terminal, tables, {
    empty: 'No tables yet.',
    columns: [
      { title: 'TABLE', text: ({ table_name }) => table_name },
      { title: 'LAST ROWS', text: ({ rows_last_loaded: rows }) => formatCount(rows), isNumber: true },
      {
        title: 'SIZE',
        text: ({ bytes_last_loaded: bytes }) => formatBytes(bytes),
        isNumber: true,
        dropOrder: 3,
      },
      { title: 'LOADED', text: ({ last_loaded_at: at }) => formatRelative(at) },
      {
        title: 'COLUMNS',
        text: ({ column_count: count }) => formatCount(count),
        isNumber: true,
        dropOrder: 2,
      },
      { title: 'CHANGED', text: ({ last_changed_at: at }) => formatRelative(at), dropOrder: 4 },
      { title: 'MODE', text: ({ write_disposition: mode }) => mode ?? '', dropOrder: 1 },
      { title: 'PARENT', text: ({ parent }) => parent ?? '', dropOrder: 5 },
      { title: 'PIPELINE', text: ({ pipeline_name: name }) => name ?? '', dropOrder: 6 },
    ],
  });
  return isCut ? `${list}There are more tables than shown here.\n` : list;
}
