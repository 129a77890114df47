import type { BlobStore } from '../../blobs/blob-store.ts';
import type {
  JobResultRecord,
  PipelineRunFilter,
  PipelineRunHeadRecord,
  PipelineRunRecord,
  PipelineRunSortKey,
} from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import { readBlob } from '../../blobs/read-blob.ts';
import { createPageReader } from '../paging/read-page.ts';
import { ServiceError } from '../../platform/service-error.ts';

export type ReadTelemetry = ReturnType<typeof createReadTelemetry>;

/** Reads what pipelines reported. */
export function createReadTelemetry({ store }: Persistence<'telemetry'>, blobs: BlobStore) {
  const readPage = createPageReader();

  async function getPipelineRun(workspaceId: string, pipelineRunId: string): Promise<PipelineRunRecord> {
    const run = await store.telemetry.getPipelineRun(workspaceId, pipelineRunId);
    if (!run) throw new ServiceError('not_found', `There is no pipeline run ${pipelineRunId}.`);
    return run;
  }

  return {
    getPipelineRun,

    listPipelineRuns: async (
      workspaceId: string,
      filter: PipelineRunFilter,
      page: PageRequest<PipelineRunSortKey>,
    ): Promise<Page<PipelineRunHeadRecord>> =>
      readPage(page, await store.telemetry.listPipelineRuns(workspaceId, filter)),

    /** Returns the trace as dlt sent it, parsed. */
    async getTrace(
      workspaceId: string,
      pipelineRunId: string,
    ): Promise<{ run: PipelineRunRecord; body: unknown }> {
      const run = await getPipelineRun(workspaceId, pipelineRunId);
      if (run.traceRemovedAt) {
        const day = run.traceRemovedAt.toISOString().slice(0, 10);
        const text = `The trace of pipeline run ${pipelineRunId} was removed on ${day}: it was past its retention.`;
        throw new ServiceError('trace_removed', text);
      }
      try {
        const body: unknown = JSON.parse((await readBlob(blobs, run.traceBlobKey)).toString());
        return { run, body };
      } catch (error) {
        if (!(error instanceof BlobNotFoundError)) throw error;
        throw new ServiceError(
          'not_found',
          `The trace of pipeline run ${pipelineRunId} is no longer stored.`,
        );
      }
    },

    async getResult(workspaceId: string, jobRunId: string): Promise<JobResultRecord> {
      const result = await store.telemetry.getResult(workspaceId, jobRunId);
      if (!result) throw new ServiceError('not_found', `Job run ${jobRunId} declared no result.`);
      return result;
    },

    /** Returns when anything was last recorded for the workspace; null for never. */
    watermark: async (workspaceId: string): Promise<Date | null> =>
      (await store.telemetry.watermark(workspaceId)) ?? null,
  };
}
