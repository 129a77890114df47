import {
  runStates,
  type RouteQueryInput,
  type RunOverviewResponse,
  type RunState,
} from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findJob } from '../jobs/find-job.ts';
import { readAll } from '../paging/read-all.ts';
import type { Session } from '../session/session.ts';
import { formatDuration, formatRelative, formatStatus } from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import { parseAge, parseCount } from '../terminal/parse-value.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { nameRun } from './job-name.ts';
import { describeCause } from './run-cause.ts';
import { describeOutcome } from './run-outcome.ts';

/** The options of `run list`. */
export interface ListRunsOptions {
  status?: string[];
  since?: string;
  limit?: string;
  running?: boolean;
}

const defaultLimit = 20;

/** Lists runs, newest first. */
export async function showRuns(
  session: Session,
  job: string | undefined,
  options: ListRunsOptions,
): Promise<void> {
  const filter: RouteQueryInput<'list_run_overviews'> = {
    ...(options.status && { status: options.status.map(parseStatus) }),
    ...(options.since && { start: new Date(Date.now() - parseAge(options.since)).toISOString() }),
    ...(options.running && { is_active: true }),
    ...(job !== undefined && { job_id: (await findJob(session, job)).id }),
  };
  const limit = options.limit === undefined ? defaultLimit : parseCount(options.limit);
  const runs = await readRuns(session, filter, limit);
  const isFiltered = Object.keys(filter).length > 0;
  const empty = isFiltered ? 'No runs match these filters.' : 'No runs yet. Start one: pumphouse launch JOB';
  session.show(runs, () => formatRuns(session.terminal, runs, empty));
  if (runs.length === limit && options.limit === undefined)
    session.terminal.note(`These are the latest ${limit} runs; --limit shows more.`);
}

/** Reads runs as the console lists them, newest first. */
export async function readRuns(
  session: Session,
  filter: RouteQueryInput<'list_run_overviews'>,
  limit: number,
): Promise<RunOverviewResponse[]> {
  const params = { workspace_id: await session.workspaceId() };
  return readAll(
    (page) => session.client.call('list_run_overviews', { params, query: { ...filter, ...page } }),
    limit,
  );
}

/** Formats runs as a table. */
export function formatRuns(terminal: Terminal, runs: readonly RunOverviewResponse[], empty: string): string {
  return formatList(terminal, runs, {
    empty,
    columns: [
      { title: 'RUN', text: nameRun },
      { title: 'STATUS', text: ({ status }) => formatStatus(terminal, status) },
      { title: 'CREATED', text: ({ created_at }) => formatRelative(created_at) },
      { title: 'DURATION', text: ({ duration_seconds }) => formatDuration(duration_seconds), dropOrder: 1 },
      { title: 'RESULT', text: describeOutcome, isProse: true },
      { title: 'TRIGGER', text: describeCause, dropOrder: 2 },
      { title: 'PROFILE', text: ({ profile }) => profile, dropOrder: 3 },
      { title: 'ID', text: ({ id }) => id, dropOrder: 4 },
    ],
  });
}

/** @throws CommandError invalid_status */
function parseStatus(text: string): RunState {
  const found = runStates.find((state) => state === text);
  if (found) return found;
  throw new CommandError(`${text} is not a status of runs.`, {
    code: 'invalid_status',
    exitCode: exitCodes.usage,
    nextStep: `Give one of these: ${runStates.join(', ')}.`,
  });
}
