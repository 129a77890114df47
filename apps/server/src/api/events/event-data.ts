import type { EventJob, EventSerializers } from '../../services/events/event-serializers.ts';
import { toDeploymentOverview } from '../versions/packages-serializers.ts';
import { toFailureReason } from '../runs/failure-reasons-serializers.ts';
import { toInstantOrNull } from '../serializers/instants.ts';
import { toJobRun, toRunBackfill } from '../runs/job-runs-serializers.ts';
import { toRepeatedLoad } from '../pipelines/pipelines-serializers.ts';
import { toSchemaChanges } from '../pipelines/schemas-serializers.ts';

/**
 * Creates the conversions from records to the data of events: those of the API's responses.
 * @param origin where clients reach the API, for the URLs of logs
 */
export function createEventSerializers(origin: () => string): EventSerializers {
  return {
    jobRun({ run, job, attempt, pipelineRuns }) {
      const isRetrying = run.status === 'pending' && attempt !== null;
      return {
        job_run: toJobRun(run, pipelineRuns, { origin: origin() }),
        job: toEventJob(job),
        attempt: attempt?.number ?? null,
        failure:
          run.status === 'failed' ? toFailureReason(run) : isRetrying ? toFailureReason(attempt) : null,
        retry_at: isRetrying ? toInstantOrNull(run.notBefore) : null,
        backfill: toRunBackfill(run),
      };
    },

    schema: (changes, { workspaceId, job }) => ({
      workspace_id: workspaceId,
      schema_version: toSchemaChanges(changes),
      job: job && toEventJob(job),
    }),

    repeatedLoad: (load, { runNumber, job }) => ({
      workspace_id: load.workspaceId,
      repeated_load: toRepeatedLoad(load),
      job_run_id: load.jobRunId,
      job_run_number: runNumber,
      job: toEventJob(job),
    }),

    deployment: (deployment) => ({ deployment: toDeploymentOverview(deployment) }),
  };
}

const toEventJob = ({ id, jobRef, name }: EventJob) => ({ id, job_ref: jobRef, name });
