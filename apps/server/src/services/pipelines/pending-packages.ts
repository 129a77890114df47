import type { JobRunRecord, PendingFilter, PendingPackageRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { StartRuns } from '../runs/start-runs.ts';
import type { DecideLeftPackages } from './decide-left-packages.ts';
import type { PendingLimits } from '../../domain/pipelines/pending-packages.ts';
import { recordChange } from '../audit/audit.ts';
import { dropPipelineFolders } from './settle-pipeline-folders.ts';
import { ServiceError } from '../../platform/service-error.ts';

export type PendingPackages = ReturnType<typeof createPendingPackages>;

/** Names of packages that an audit entry lists. */
const maxNamed = 50;
const maxListed = 200;

interface PendingPipeline {
  workspaceId: string;
  pipelineName: string;
  profile: string;
}

/** Creates the use cases of members with load packages that are pending. */
export function createPendingPackages(
  persistence: Persistence<'auditLog' | 'pendingPackages' | 'pipelineFolders'>,
  startRuns: Pick<StartRuns, 'startFinishing'>,
  decideLeftPackages: Pick<DecideLeftPackages, 'ofRun'>,
  { maxDays }: Pick<PendingLimits, 'maxDays'>,
) {
  const { pendingPackages } = persistence.store;

  /**
   * Finds the run that extracted the newest package which a run may load.
   * @throws ServiceError nothing_pending, pending_loaded_again
   */
  async function findExtractor(asked: PendingPipeline) {
    const filter = { pipelineName: asked.pipelineName, jobRunId: null, onlyPending: true };
    const packages = await pendingPackages.list(asked.workspaceId, filter, maxListed);
    const extractors = new Map<string | null, string>();
    for (const { profile, jobId, jobRunId } of packages)
      if (profile === asked.profile && jobId !== null) extractors.set(jobRunId, jobId);
    let refusal = nothingPending(asked);
    for (const [jobRunId, jobId] of extractors) {
      if (jobRunId === null) return { jobRunId, jobId };
      const decided = await decideLeftPackages.ofRun(asked.workspaceId, jobRunId);
      if (decided.decision === 'finish') return { jobRunId, jobId };
      const message = `The packages of the pipeline ${asked.pipelineName} are not finished: ${decided.reason}.`;
      refusal = new ServiceError('pending_loaded_again', message);
    }
    throw refusal;
  }

  return {
    /** Lists packages of a workspace, the newest first, at most 200. */
    list: (workspaceId: string, filter: PendingFilter): Promise<PendingPackageRecord[]> =>
      pendingPackages.list(workspaceId, filter, maxListed),

    /** Sums up what is pending in an organization, and how long it is kept. */
    measure: async (organizationId: string) => ({
      ...(await pendingPackages.measure(organizationId)),
      maxAgeSeconds: maxDays * 86_400,
    }),

    /**
     * Starts a run of the job that extracted the newest package of a pipeline: it finishes what is pending, and does not ask
     * the source. Packages of an interval that is loaded again are left.
     * @throws ServiceError nothing_pending, pending_loaded_again, and those of `startFinishing`
     */
    async finish(asked: PendingPipeline & { membershipId: string }): Promise<JobRunRecord> {
      const { jobId, jobRunId: extractedBy } = await findExtractor(asked);
      return startRuns.startFinishing({ ...asked, jobId, extractedBy, pipelineNames: [asked.pipelineName] });
    },

    /**
     * Drops what is pending of a pipeline: at once where the server keeps the working folders, otherwise at the next attempt of
     * the profile. Until then it takes space, and no run finishes it.
     * @returns how many packages
     * @throws ServiceError nothing_pending
     */
    async drop(asked: PendingPipeline): Promise<{ packageCount: number; sizeBytes: number }> {
      return persistence.transaction(async (store) => {
        const packages = await store.pendingPackages.requestDrop(asked.workspaceId, asked);
        if (packages.length === 0) throw nothingPending(asked);
        await dropPipelineFolders(store, asked);
        const sizeBytes = packages.reduce((sum, each) => sum + each.sizeBytes, 0);
        await recordChange(store, {
          workspaceId: asked.workspaceId,
          action: 'pending-packages.drop',
          target: { kind: 'pipeline', id: null, name: asked.pipelineName },
          before: {
            profile: asked.profile,
            load_ids: packages.slice(0, maxNamed).map(({ loadId }) => loadId),
            size_bytes: sizeBytes,
            tables: [...new Set(packages.flatMap(({ tableNames }) => tableNames))].slice(0, maxNamed),
          },
          after: null,
        });
        return { packageCount: packages.length, sizeBytes };
      });
    },
  };
}

function nothingPending({ pipelineName, profile }: PendingPipeline): ServiceError {
  return new ServiceError(
    'nothing_pending',
    `The pipeline ${pipelineName} has no pending load packages under the profile ${profile}.`,
  );
}
