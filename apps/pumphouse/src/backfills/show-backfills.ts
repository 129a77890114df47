import type { BackfillResponse, BackfillWindowResponse, BackfillWindowState } from '@pumphouse/contract';
import { backfillWindowState } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findJob } from '../jobs/find-job.ts';
import type { Session } from '../session/session.ts';
import { formatDuration, formatInstant, formatRelative, formatStatus } from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import { parseCount } from '../terminal/parse-value.ts';
import { findBackfill, readBackfills } from './find-backfill.ts';

/** The options of `backfill list`. */
export interface ListBackfillsOptions {
  job?: string;
  open?: boolean;
  limit?: string;
}

/** The options of `backfill windows`. */
export interface ListWindowsOptions {
  status?: string[];
  after?: string;
  limit?: string;
}

/** Lists backfills, newest first. */
export async function listBackfills(session: Session, options: ListBackfillsOptions): Promise<void> {
  const filter = {
    ...(options.job !== undefined && { job_id: (await findJob(session, options.job)).id }),
    ...(options.open && { is_open: true }),
  };
  const backfills = await readBackfills(session, filter, parseCount(options.limit ?? '20'));
  session.show(backfills, () =>
    formatList(session.terminal, backfills, {
      empty: 'No backfills match these filters.',
      columns: [
        { title: 'ID', text: ({ id }) => id.slice(0, 8) },
        { title: 'JOB', text: ({ job_ref }) => job_ref, keepsLastWord: true },
        { title: 'STATUS', text: ({ status }) => formatStatus(session.terminal, status) },
        { title: 'DONE', text: describeDone, isNumber: true },
        { title: 'FAILED', text: ({ counts }) => `${counts.failed}`, isNumber: true },
        { title: 'LEFT', text: ({ seconds_left }) => formatDuration(seconds_left), dropOrder: 1 },
        { title: 'CREATED', text: ({ created_at }) => formatRelative(created_at), dropOrder: 2 },
      ],
    }),
  );
}

/** Shows one backfill. */
export async function showBackfill(session: Session, id: string): Promise<void> {
  const backfill = await session.client.call('get_backfill', { params: await findBackfill(session, id) });
  session.show(backfill, () => formatBackfill(session, backfill));
}

function formatBackfill({ terminal }: Session, backfill: BackfillResponse): string {
  const { counts } = backfill;
  const left =
    backfill.seconds_left === null ? [] : [['Left', `about ${formatDuration(backfill.seconds_left)}`]];
  const why = backfill.pause_detail ?? backfill.wait_reason;
  const rows = [
    ['Backfill', backfill.id],
    ['Job', backfill.job_ref],
    ['Status', formatStatus(terminal, backfill.status)],
    ...(why === null ? [] : [['Why', why]]),
    ['Range', `${formatInstant(backfill.start)} to ${formatInstant(backfill.end)}`],
    [
      'Windows',
      `${describeDone(backfill)} done, ${counts.running} running, ${counts.waiting} waiting, ${counts.failed} failed, ${counts.cancelled} cancelled, ${counts.skipped} skipped`,
    ],
    ['Mode', `${backfill.mode}, ${backfill.order.replace('_', ' ')}, ${backfill.parallel} at a time`],
    ...left,
  ];
  return rows.map(([name, value]) => `${terminal.tone('strong', `${name}:`.padEnd(10))}${value}`).join('\n');
}

const describeDone = ({ counts, window_count }: BackfillResponse) =>
  `${counts.completed + counts.covered} of ${window_count}`;

/** Lists windows of a backfill in the order in which they start. */
export async function listWindows(session: Session, id: string, options: ListWindowsOptions): Promise<void> {
  const params = await findBackfill(session, id);
  const status = options.status?.map(parseState);
  const limit = parseCount(options.limit ?? '100');
  const windows: BackfillWindowResponse[] = [];
  let after: number | null = options.after === undefined ? 0 : parseCount(options.after);
  while (after !== null && windows.length < limit) {
    const query: { after: number; limit: number; status?: BackfillWindowState[] } = {
      after,
      limit: Math.min(1000, limit - windows.length),
      ...(status && { status }),
    };
    const page = await session.client.call('list_backfill_windows', { params, query });
    windows.push(...page.items);
    after = page.next_after;
  }
  session.show(windows, () =>
    formatList(session.terminal, windows, {
      empty: 'No windows match these filters.',
      columns: [
        { title: 'WINDOW', text: ({ number }) => `${number}`, isNumber: true },
        { title: 'START', text: ({ start }) => formatInstant(start) },
        { title: 'END', text: ({ end }) => formatInstant(end) },
        { title: 'STATUS', text: (window) => formatStatus(session.terminal, window.status) },
        { title: 'WAITS', text: ({ wait_reason }) => wait_reason ?? '', dropOrder: 1 },
        { title: 'RUN', text: ({ job_run_number }) => (job_run_number === null ? '' : `#${job_run_number}`) },
      ],
    }),
  );
}

/** @throws CommandError invalid_status */
function parseState(text: string): BackfillWindowState {
  const found = backfillWindowState.options.find((state) => state === text);
  if (found) return found;
  throw new CommandError(`${text} is not a status of windows.`, {
    code: 'invalid_status',
    exitCode: exitCodes.usage,
    nextStep: `Give one of these: ${backfillWindowState.options.join(', ')}.`,
  });
}
