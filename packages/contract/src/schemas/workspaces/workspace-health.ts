import { z } from 'zod';
import { responseObject, timestamp, uuid } from '../primitives.ts';

/**
 * The scheduler handles a tick within seconds. A tick that is this late means that no scheduler is running, or that it
 * cannot keep up.
 */
export const lateTickSeconds = 60;

/** The current state of a workspace's jobs. */
export const workspaceHealthResponse = responseObject('WorkspaceHealthResponse', {
  workspace_id: uuid,
  /** Jobs in service whose last outcome was a failure. */
  failing_job_count: z.int(),
  /** Jobs that are not paused, whose next scheduled start has been due for more than a minute. */
  late_job_count: z.int(),
  /** Runs that are starting, running or being cancelled. */
  running_count: z.int(),
  /** Runs that wait, for any reason. */
  pending_count: z.int(),
  /** False for a workspace in which nothing has ever run. */
  has_runs: z.boolean(),
  /** When the newest run was created; null without runs. */
  last_run_at: timestamp.nullable(),
});
export type WorkspaceHealthResponse = z.output<typeof workspaceHealthResponse>;

export const workspaceHealthListResponse = responseObject('WorkspaceHealthListResponse', {
  /** Excludes archived workspaces. At most 500, oldest first. */
  items: z.array(workspaceHealthResponse),
});
