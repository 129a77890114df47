import type { TestServer } from '../fixtures/server.ts';
import { defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';

/** Used as its own launcher, so that a run need not import dlt. Records its start. */
const noteScript = `
import os

with open(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/starts", "a") as starts:
    starts.write(os.environ["RUNTIME__RUN_ID"] + "\\n")
print("noted")
`;

/** The jobs started by a clock, one run at a time each, so that their windows are ordered. */
export const clockJobs = ['jobs.load', 'jobs.summary', 'jobs.poll'];
/** Jobs whose next run is at most a few seconds away. */
export const quickJobs = ['jobs.load', 'jobs.follow', 'jobs.summary'];
/** Started by the end of a run of the other job. */
export const chains = [{ ref: 'jobs.follow', after: 'jobs.load' }];

function defineNoteJob(name: string, triggers: readonly string[], keys: Record<string, unknown> = {}) {
  const script = defineScriptJob('note', triggers);
  const entryPoint = { ...(script['entry_point'] as object), launcher: 'note' };
  return { ...script, job_ref: `jobs.${name}`, entry_point: entryPoint, ...keys };
}

/** Deploys `history`, a job with an hourly schedule that allows many runs at a time. */
export function deployHistoryWorkspace(server: TestServer, workspaceId: string): Promise<void> {
  return deployWorkspace(server, workspaceId, {
    files: { 'note.py': noteScript },
    jobs: [defineNoteJob('history', ['schedule:0 * * * *'], { execute: { concurrency: 20 } })],
  });
}

/**
 * Deploys jobs, most of which tick every few seconds: `load`; `follow`, triggered by each of its runs;
 * `summary`, which starts at its own ticks or when `follow` has become fresh, whichever is first; and `poll`,
 * every minute.
 * @param more files and jobs in addition
 */
export function deployScheduleWorkspace(
  server: TestServer,
  workspaceId: string,
  more: { files?: Record<string, string>; jobs?: readonly Record<string, unknown>[] } = {},
): Promise<void> {
  const oneAtATime = { execute: { concurrency: 1 } };
  return deployWorkspace(server, workspaceId, {
    files: { 'note.py': noteScript, ...more.files },
    jobs: [
      defineNoteJob('load', ['schedule:* * * * * */2'], oneAtATime),
      defineNoteJob('follow', ['job.success:jobs.load']),
      defineNoteJob('summary', ['schedule:* * * * * */3'], {
        ...oneAtATime,
        freshness: ['job.is_fresh:jobs.follow'],
      }),
      defineNoteJob('poll', ['every:1m'], oneAtATime),
      ...(more.jobs ?? []),
    ],
  });
}
