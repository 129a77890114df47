import { findJob } from '../jobs/find-job.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { parseTime } from './parse-time.ts';

/** The options of `backfill invalidate`. */
export interface InvalidateOptions {
  from: string;
  to: string;
  reason: string;
}

/** Invalidates windows of a job. */
export async function invalidateWindows(
  session: Session,
  name: string,
  { from, to, reason }: InvalidateOptions,
): Promise<void> {
  const body = { start: parseTime(from), end: parseTime(to), reason };
  const job = await findJob(session, name);
  const params = { workspace_id: await session.workspaceId(), job_id: job.id };
  const done = await session.client.call('invalidate_job_windows', { params, body });
  report(
    session,
    done,
    `Invalidated ${done.window_count} windows of ${job.job_ref}. Load them: pumphouse backfill create ${job.job_ref} --from ${done.start} --to ${done.end}`,
  );
}
