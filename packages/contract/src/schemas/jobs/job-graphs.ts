import { z } from 'zod';
import { jobType } from './job-definition.ts';
import { runStatus } from '../runs/job-runs.ts';
import { namedEnum, openEnum, responseObject, uuid } from '../primitives.ts';

/** Most jobs of one answer. */
export const maximumGraphJobs = 500;

/** What a job is to another: it starts when that one succeeds or fails, or waits until that one is fresh. */
export const jobEdgeKind = namedEnum('JobEdgeKind', ['success', 'fail', 'freshness']);
export type JobEdgeKind = z.output<typeof jobEdgeKind>;

const graphJob = responseObject('GraphJob', {
  id: uuid,
  ref: z.string(),
  name: z.string(),
  type: openEnum(jobType),
  is_paused: z.boolean(),
  is_archived: z.boolean(),
  /** Of its newest run; null before the first. */
  last_status: openEnum(runStatus).nullable(),
  last_job_run_id: uuid.nullable(),
  /** What starts it apart from other jobs, in English: the clock, a hook, a hand. */
  trigger_texts: z.array(z.string()),
});

const graphEdge = responseObject('GraphEdge', {
  from_job_id: uuid,
  to_job_id: uuid,
  kind: openEnum(jobEdgeKind),
  /** The trigger, or the constraint of freshness, as the job declares it that the edge leads to. */
  trigger: z.string(),
  trigger_text: z.string(),
});

/**
 * Who starts whom, and who waits for whom. The jobs that are connected to others come first; of a graph around one job, those that are
 * nearest to it. Jobs out of service are named only where a job that is in service has to do with them.
 */
export const jobGraphResponse = responseObject('JobGraphResponse', {
  nodes: z.array(graphJob),
  /** Only between jobs that are named. */
  edges: z.array(graphEdge),
  /** There are more jobs than one answer names. */
  is_truncated: z.boolean(),
});
export type JobGraphResponse = z.output<typeof jobGraphResponse>;
