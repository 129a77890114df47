import type { DeclaredEdge, ReadGraph } from '../../services/jobs/read-job-graph.ts';
import type { JobGraphResponse } from '@pumphouse/contract';
import { describeFreshness, describeTrigger } from '../../domain/jobs/describe-trigger.ts';
import { readTriggerType } from '../../domain/jobs/trigger.ts';

export function toJobGraph({ nodes, edges, isTruncated }: ReadGraph): JobGraphResponse {
  return { nodes: nodes.map(toNode), edges: edges.map(toEdge), is_truncated: isTruncated };
}

function toNode({ job, state, latestRun }: ReadGraph['nodes'][number]): JobGraphResponse['nodes'][number] {
  const { definition } = job;
  return {
    id: job.id,
    ref: job.jobRef,
    name: definition.expose?.display_name ?? job.jobRef,
    type: job.jobType,
    is_paused: job.isPaused,
    is_archived: job.isArchived,
    last_status: state,
    last_job_run_id: latestRun?.id ?? null,
    trigger_texts: definition.triggers.filter((trigger) => !isJobEvent(trigger)).map(describeTrigger),
  };
}

function isJobEvent(trigger: string): boolean {
  const type = readTriggerType(trigger);
  return type === 'job.success' || type === 'job.fail';
}

function toEdge({ fromId, toId, kind, declared }: DeclaredEdge): JobGraphResponse['edges'][number] {
  return {
    from_job_id: fromId,
    to_job_id: toId,
    kind,
    trigger: declared,
    trigger_text: kind === 'freshness' ? describeFreshness(declared) : describeTrigger(declared),
  };
}
