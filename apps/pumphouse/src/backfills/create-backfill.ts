import type { BackfillMode, BackfillPreviewResponse } from '@pumphouse/contract';
import { backfillMode } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findJob } from '../jobs/find-job.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { formatInstant } from '../terminal/format.ts';
import { parseCount } from '../terminal/parse-value.ts';
import { parsePriority } from './change-backfill.ts';
import { parseTime } from './parse-time.ts';

/** The options of `backfill create`. */
export interface CreateBackfillOptions {
  from: string;
  to?: string;
  mode?: string;
  chunk?: string;
  parallel?: string;
  newestFirst?: boolean;
  profile?: string;
  priority?: string;
  maxFailures?: string;
  dryRun?: boolean;
}

/** Creates a backfill; with `dryRun` shows what it would load. */
export async function createBackfill(
  session: Session,
  name: string,
  options: CreateBackfillOptions,
): Promise<void> {
  const range = {
    start: parseTime(options.from),
    end: options.to === undefined ? new Date().toISOString() : parseTime(options.to),
    mode: parseMode(options.mode ?? 'missing'),
    chunk_ticks: parseCount(options.chunk ?? '1'),
    order: options.newestFirst ? ('newest_first' as const) : ('oldest_first' as const),
  };
  const job = await findJob(session, name);
  const params = { workspace_id: await session.workspaceId(), job_id: job.id };
  if (options.dryRun) {
    const body = { ...range, profile: options.profile ?? null };
    const preview = await session.client.call('preview_backfill', { params, body });
    session.show(preview, () => formatPreview(preview));
    return;
  }
  const created = await session.client.call('create_backfill', {
    params,
    body: {
      ...range,
      parallel: parseCount(options.parallel ?? '1'),
      profile: options.profile ?? null,
      priority: options.priority === undefined ? null : parsePriority(options.priority),
      max_failures: options.maxFailures === undefined ? null : parseCount(options.maxFailures),
    },
  });
  report(
    session,
    created,
    `Created backfill ${created.id} of ${created.job_ref} with ${created.window_count} windows. Follow it: pumphouse backfill show ${created.id.slice(0, 8)}`,
  );
}

function formatPreview({ range, counts, window_count, turns_on }: BackfillPreviewResponse): string {
  if (range === null) return 'The range includes no window of the job.';
  const states = Object.entries(counts).filter(([, count]) => count !== 0);
  return [
    `Would start ${window_count} runs, from ${formatInstant(range.start)} to ${formatInstant(range.end)}.`,
    `Windows of the schedule: ${states.map(([state, count]) => `${String(count)} ${state}`).join(', ')}.`,
    ...(turns_on === null
      ? []
      : [`They run one at a time: each writes with the pipeline ${turns_on}, which one run has at a time.`]),
  ].join('\n');
}

/** @throws CommandError invalid_mode */
function parseMode(text: string): BackfillMode {
  const found = backfillMode.options.find((mode) => mode === text);
  if (found) return found;
  throw new CommandError(`${text} is not a mode of backfills.`, {
    code: 'invalid_mode',
    exitCode: exitCodes.usage,
    nextStep: `Give one of these: ${backfillMode.options.join(', ')}.`,
  });
}
