import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { parseCount } from '../terminal/parse-value.ts';
import { findBackfill } from './find-backfill.ts';

/** The options of `backfill change`. */
export interface ChangeOptions {
  parallel?: string;
  priority?: string;
  maxFailures?: string;
}

const switches = {
  pause: ['pause_backfill', 'starts no further window'],
  resume: ['resume_backfill', 'goes on'],
} as const;

/** Pauses or resumes a backfill. */
export async function switchBackfill(
  session: Session,
  id: string,
  action: keyof typeof switches,
): Promise<void> {
  const [operation, effect] = switches[action];
  const changed = await session.client.call(operation, { params: await findBackfill(session, id) });
  report(session, changed, `The backfill of ${changed.job_ref} ${effect}.`);
}

/** Cancels a backfill; with `running` also the runs of its running windows. */
export async function cancelBackfill(
  session: Session,
  id: string,
  { running = false }: { running?: boolean },
): Promise<void> {
  const params = await findBackfill(session, id);
  const changed = await session.client.call('cancel_backfill', { params, body: { cancel_running: running } });
  const left = changed.counts.running === 0 ? '' : ` ${changed.counts.running} running windows end first.`;
  report(session, changed, `Cancelled the backfill of ${changed.job_ref}.${left}`);
}

/** Lets failed and cancelled windows run again. */
export async function retryBackfill(session: Session, id: string, windows: readonly string[]): Promise<void> {
  const body = windows.length === 0 ? {} : { windows: windows.map(parseCount) };
  const changed = await session.client.call('retry_backfill', {
    params: await findBackfill(session, id),
    body,
  });
  report(session, changed, `${changed.counts.waiting} windows of ${changed.job_ref} wait to run.`);
}

/** Skips windows: they are not to be loaded. */
export async function skipWindows(session: Session, id: string, windows: readonly string[]): Promise<void> {
  const changed = await session.client.call('skip_backfill_windows', {
    params: await findBackfill(session, id),
    body: { windows: windows.map(parseCount) },
  });
  report(session, changed, `${changed.counts.skipped} windows of ${changed.job_ref} are skipped.`);
}

/** Changes how a backfill runs. */
export async function changeBackfill(session: Session, id: string, options: ChangeOptions): Promise<void> {
  const { parallel, priority, maxFailures } = options;
  const body = {
    ...(parallel !== undefined && { parallel: parseCount(parallel) }),
    ...(priority !== undefined && { priority: parsePriority(priority) }),
    ...(maxFailures !== undefined && {
      max_failures: maxFailures === 'off' ? null : parseCount(maxFailures),
    }),
  };
  const changed = await session.client.call('change_backfill', {
    params: await findBackfill(session, id),
    body,
  });
  report(
    session,
    changed,
    `The backfill of ${changed.job_ref} runs ${changed.parallel} windows at a time, with priority ${changed.priority}.`,
  );
}

/** @throws CommandError invalid_priority */
export function parsePriority(text: string): number {
  if (/^-?\d{1,7}$/.test(text)) return Number(text);
  throw new CommandError(`${text} is not a whole number.`, {
    code: 'invalid_priority',
    exitCode: exitCodes.usage,
    nextStep: 'Give a number such as -100; runs with a higher one start first.',
  });
}
