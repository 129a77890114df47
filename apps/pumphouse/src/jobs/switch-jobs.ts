import type { RouteResponse } from '@pumphouse/contract';
import { shortenJobRef } from '../runs/job-name.ts';
import type { Session } from '../session/session.ts';
import { findJob } from './find-job.ts';

/** An operation that changes the state of a job, and can be undone. */
export type JobSwitch = 'pause' | 'resume' | 'archive' | 'unarchive';

const results: Record<JobSwitch, string> = {
  pause: 'is paused: its schedule starts no runs; manual starts and events still do',
  resume: 'is resumed: its schedule starts runs again',
  archive: 'is archived: nothing starts it, and its queued runs are cancelled',
  unarchive: 'is restored',
};

/** Pauses, resumes, archives or restores jobs. All names are looked up before anything changes. */
export async function switchJobs(session: Session, names: string[], to: JobSwitch): Promise<void> {
  const workspace_id = await session.workspaceId();
  const jobs = await Promise.all(names.map((name) => findJob(session, name)));
  const changed: RouteResponse<'pause_job'>[] = [];
  try {
    for (const { id } of jobs)
      changed.push(await session.client.call(`${to}_job`, { params: { workspace_id, job_id: id } }));
  } catch (error) {
    const done = changed.map(({ job_ref }) => shortenJobRef(job_ref)).join(', ');
    if (done !== '') session.terminal.alert(`Changed before the error: ${done}`);
    throw error;
  }
  session.show(changed, () =>
    changed.map(({ job_ref }) => `${shortenJobRef(job_ref)} ${results[to]}`).join('\n'),
  );
}
