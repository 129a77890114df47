import type { PendingPackageResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { toOneLine } from '../terminal/plain-text.ts';
import type { Session } from '../session/session.ts';
import { report } from '../session/report.ts';
import { confirm } from '../terminal/confirm.ts';
import { formatBytes, formatRelative } from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import { explainMissing } from './find-name.ts';
import { readPipelineNames } from './read-names.ts';

export interface PendingOptions {
  profile?: string;
}

type RowCount = PendingPackageResponse['row_counts'][number];

const defaultProfile = 'prod';

/** Lists load packages that were extracted and not loaded. */
export async function showPending(session: Session, name: string | undefined): Promise<void> {
  const packages = await listPending(session, name);
  if (name !== undefined && packages.length === 0) await requirePipeline(session, name);
  session.show(packages, () =>
    formatList(session.terminal, packages, {
      empty: 'No load packages are pending.',
      columns: [
        { title: 'PIPELINE', text: ({ pipeline_name: pipeline }) => pipeline },
        { title: 'PROFILE', text: ({ profile }) => profile },
        { title: 'LOAD ID', text: ({ load_id: id }) => toOneLine(id) },
        {
          title: 'STEP',
          text: ({ step, drop_requested_at: at }) => (at === null ? step : 'dropped by the next run'),
        },
        { title: 'CREATED', text: ({ created_at: at }) => formatRelative(at) },
        { title: 'ROWS', text: ({ row_counts: rows }) => countRows(rows), isNumber: true },
        { title: 'SIZE', text: ({ size_bytes: bytes }) => formatBytes(bytes), isNumber: true },
        { title: 'JOBS LEFT', text: ({ jobs_left: jobs }) => String(jobs), isNumber: true, dropOrder: 1 },
        {
          title: 'EXTRACTED BY',
          text: ({ extracted_by: run }) =>
            run === null ? '' : `${run.job_ref?.replace(/^jobs\./, '') ?? 'run'} #${run.number}`,
          dropOrder: 2,
        },
      ],
    }),
  );
}

/** Starts a run that finishes the pending packages of a pipeline, and does not ask its source. */
export async function finishPending(
  session: Session,
  name: string,
  { profile = defaultProfile }: PendingOptions,
): Promise<void> {
  const params = { workspace_id: await session.workspaceId(), pipeline_name: name };
  const started = await session.client.call('finish_pending_packages', { params, body: { profile } });
  report(
    session,
    started,
    `Started run #${started.job_run_number}, which finishes what is pending of ${name}.`,
  );
}

/** Drops the pending packages of a pipeline, after a question. */
export async function dropPending(
  session: Session,
  name: string,
  { profile = defaultProfile, yes = false }: PendingOptions & { yes?: boolean },
): Promise<void> {
  const packages = (await listPending(session, name)).filter((each) => each.profile === profile);
  if (packages.length === 0)
    throw new CommandError(
      `The pipeline ${name} has no pending load packages under the profile ${profile}.`,
      {
        code: 'nothing_pending',
        exitCode: exitCodes.notFound,
        nextStep: 'pumphouse pipeline pending shows what is pending.',
      },
    );
  const size = packages.reduce((sum, each) => sum + each.size_bytes, 0);
  const tables = [...new Set(packages.flatMap((each) => each.table_names))];
  const rows = tables.map((table) => describeTable(table, packages)).join(', ');
  await confirm(
    session.terminal,
    `Drop ${packages.length} load packages (${formatBytes(size)}) of ${name}? Their rows are lost, unless the source returns them again: ${rows || 'unknown'}.`,
    { isConfirmed: yes },
  );
  const params = { workspace_id: await session.workspaceId(), pipeline_name: name };
  const dropped = await session.client.call('drop_pending_packages', { params, body: { profile } });
  const count = dropped.package_count;
  report(session, dropped, `The next run under ${profile} drops ${count} load packages of ${name}.`);
}

/** @throws CommandError pipeline_not_found */
async function requirePipeline(session: Session, name: string): Promise<void> {
  const params = { workspace_id: await session.workspaceId(), pipeline_name: name };
  await explainMissing(session.client.call('get_pipeline_overview', { params }), {
    kind: 'pipeline',
    name,
    listNames: () => readPipelineNames(session),
  });
}

/** @returns the sum; with + if some are unknown, empty if all are */
function countRows(counts: readonly RowCount[]): string {
  const known = counts.flatMap(({ rows }) => rows ?? []);
  if (known.length === 0) return '';
  const sum = known.reduce((total, rows) => total + rows, 0);
  return known.length === counts.length ? String(sum) : `${sum}+`;
}

function describeTable(table: string, packages: readonly PendingPackageResponse[]): string {
  const counts = packages.flatMap(({ row_counts: rows }) => rows).filter((each) => each.table_name === table);
  const rows = countRows(counts);
  return rows === '' ? table : `${table} (${rows} rows)`;
}

async function listPending(session: Session, name: string | undefined) {
  const params = { workspace_id: await session.workspaceId() };
  const query = { only_pending: true, ...(name !== undefined && { pipeline_name: name }) };
  return (await session.client.call('list_pending_packages', { params, query })).packages;
}
