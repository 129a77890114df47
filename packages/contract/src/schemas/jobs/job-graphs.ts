import { z } from 'zod';
import { jobType } from './job-definition.ts';
import { runStatus } from '../runs/job-runs.ts';
import { namedEnum, openEnum, responseObject, uuid } from '../primitives.ts';

/** Maximum jobs in one response. */
export const maximumGraphJobs = 500;

/**
 * How a job depends on another: it starts when that one succeeds or fails, or waits until that one is fresh.
 */
export const jobEdgeKind = namedEnum('JobEdgeKind', ['success', 'fail', 'freshness']);
export type JobEdgeKind = z.output<typeof jobEdgeKind>;

const graphJob = responseObject('GraphJob', {
  id: uuid,
  ref: z.string(),
  name: z.string(),
  type: openEnum(jobType),
  is_paused: z.boolean(),
  is_archived: z.boolean(),
  /** Its state, as in the list of jobs; null before the first run. */
  last_status: openEnum(runStatus).nullable(),
  /** The newest run that was not skipped. */
  last_job_run_id: uuid.nullable(),
  /** Other triggers, in English: the clock, a webhook, a manual start. */
  trigger_texts: z.array(z.string()),
});

const graphEdge = responseObject('GraphEdge', {
  from_job_id: uuid,
  to_job_id: uuid,
  kind: openEnum(jobEdgeKind),
  /** The trigger or the freshness constraint, as declared by the downstream job. */
  trigger: z.string(),
  trigger_text: z.string(),
});

/**
 * The job graph. Connected jobs come first; in a graph around one job, the nearest. Archived jobs are
 * included only if connected to a job in service.
 */
export const jobGraphResponse = responseObject('JobGraphResponse', {
  nodes: z.array(graphJob),
  /** Only between returned jobs. */
  edges: z.array(graphEdge),
  /** There are more jobs than one response contains. */
  is_truncated: z.boolean(),
});
export type JobGraphResponse = z.output<typeof jobGraphResponse>;
