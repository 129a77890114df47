import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import type { ReportedPipeline } from '../../store/records.ts';
import { findMeant, findMeantName, isMasked } from '../../domain/variables/masked-names.ts';

/** An attempt whose telemetry is ingested. */
interface ReportingAttempt {
  attemptId: string;
  workspaceId: string;
  jobId: string;
}

export type RepairMaskedNames = ReturnType<typeof createRepairMaskedNames>;

/** Pipeline runs that are renamed after one attempt; the next one renames more. */
const maxRenamedRuns = 2000;

/**
 * Creates the repair of names that were stored masked: by a release before decision 0124, or while a secret occurred in
 * them. The names that an attempt reports replace those that can have been them in earlier attempts of its job.
 */
export function createRepairMaskedNames({
  persistence,
  log,
}: {
  persistence: Persistence<'maskedNames'>;
  log: Logger;
}) {
  async function repair(attempt: ReportingAttempt): Promise<void> {
    const { attemptId, workspaceId, jobId } = attempt;
    const { maskedNames } = persistence.store;
    const reported = await maskedNames.listReported(attemptId);
    if (reported.length === 0) return;
    for (const masked of await maskedNames.listMasked(workspaceId, jobId)) {
      const meant = findMeant(masked, reported);
      if (meant === null) continue;
      const renamed = { ...attempt, masked, meant: { ...findDestination(reported, meant), ...meant } };
      await persistence.transaction(async (store) => {
        await store.maskedNames.renameRuns(renamed, maxRenamedRuns);
        await store.maskedNames.renameTarget(renamed);
      });
    }
    await repairSchemas(attempt, [...new Set(reported.map(({ pipelineName }) => pipelineName))]);
  }

  async function repairSchemas(
    { attemptId, workspaceId }: ReportingAttempt,
    pipelineNames: readonly string[],
  ): Promise<void> {
    const schemas = await persistence.store.maskedNames.listSchemas(workspaceId, pipelineNames, attemptId);
    for (const schema of schemas.filter(
      ({ schemaName, isReported }) => isMasked(schemaName) && !isReported,
    )) {
      const others = schemas.filter((one) => one.isReported && one.pipelineName === schema.pipelineName);
      const meant = findMeantName(
        schema.schemaName,
        others.map(({ schemaName }) => schemaName),
      );
      if (meant === null) continue;
      await persistence.transaction((store) => store.maskedNames.renameSchema(workspaceId, schema, meant));
    }
  }

  /** A failure is logged, and ends no run: the next attempt repairs the names. */
  return async function repairMaskedNames(attempt: ReportingAttempt): Promise<void> {
    try {
      await repair(attempt);
    } catch (error) {
      log.error(
        { err: error, attemptId: attempt.attemptId },
        'masked names not repaired; retried by the next run',
      );
    }
  };
}

/** Finds the destination that the pipeline has now. */
function findDestination(
  reported: readonly ReportedPipeline[],
  meant: Pick<ReportedPipeline, 'pipelineName' | 'datasetName'>,
): Pick<ReportedPipeline, 'destinationName' | 'destinationType'> {
  const ofPipeline = reported.filter(({ pipelineName }) => pipelineName === meant.pipelineName);
  const found = ofPipeline.find(({ datasetName }) => datasetName === meant.datasetName) ?? ofPipeline[0];
  return {
    destinationName: found?.destinationName ?? null,
    destinationType: found?.destinationType ?? null,
  };
}
