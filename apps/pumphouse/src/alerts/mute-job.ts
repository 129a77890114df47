import type { Session } from '../session/session.ts';
import { findJob } from '../jobs/find-job.ts';
import { readPauseEnd } from './pause-end.ts';

/** Records incidents of a job without sending them. */
export async function muteJob(session: Session, name: string, duration: string | undefined): Promise<void> {
  const until = duration === undefined ? null : readPauseEnd(duration);
  const job = await findJob(session, name);
  const params = { workspace_id: await session.workspaceId(), job_id: job.id };
  const alerts = await session.client.call('mute_job_alerts', { params, body: { until } });
  session.show(
    alerts,
    () =>
      `Alerts about ${job.job_ref} are muted ${until === null ? 'until they are unmuted' : `until ${until}`}.`,
  );
}

/** Sends incidents of a job again. */
export async function unmuteJob(session: Session, name: string): Promise<void> {
  const job = await findJob(session, name);
  const params = { workspace_id: await session.workspaceId(), job_id: job.id };
  const alerts = await session.client.call('unmute_job_alerts', { params });
  session.show(alerts, () => `Alerts about ${job.job_ref} are sent again.`);
}
