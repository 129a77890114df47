import type { BeaconBodyRecord, NewSchemaVersion } from '../../store/records.ts';
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { CheckAttempt } from '../pipelines/check-attempt.ts';
import type { Logger } from 'pino';
import type { Persistence, Store } from '../../store/store.ts';
import { decodeBeaconBody } from '../../telemetry/beacon-body.ts';
import { parseJobResult } from '../../telemetry/parse-job-result.ts';
import { MASK } from '../../domain/variables/mask-text.ts';
import { manifestBuildJobRef } from '../../domain/jobs/manifest-build.ts';
import { noteSchemaChanges } from '../pipelines/compare-schemas.ts';
import { parseState } from '../../telemetry/parse-state.ts';
import { parseTrace } from '../../telemetry/parse-trace.ts';
import { storeDatasetColumns } from '../pipelines/dataset-columns.ts';
import { readBlob } from '../../blobs/read-blob.ts';

type TelemetryStore =
  'dataSearch' | 'pendingPackages' | 'pipelineChecks' | 'schemaChanges' | 'schemaVersions' | 'telemetry';

export interface IngestTelemetryDependencies {
  persistence: Persistence<TelemetryStore>;
  checkAttempt: CheckAttempt;
  blobs: BlobStore;
  log: Logger;
}

export type IngestTelemetry = ReturnType<typeof createIngestTelemetry>;

const batchSize = 100;

/**
 * Ingests stored beacon bodies into pipeline runs, schemas and job results. Each body is ingested once by its
 * key (attempt, transaction), so a repeated body changes nothing. An unreadable body is kept with its problem
 * and never stops a run. If the attempt was closed before, its checks are evaluated again; its run has ended and stays so.
 */
export function createIngestTelemetry({
  persistence,
  checkAttempt,
  blobs,
  log,
}: IngestTelemetryDependencies) {
  async function ingest(body: BeaconBodyRecord): Promise<void> {
    const bytes = await readBlob(blobs, body.blobKey);
    await persistence.transaction(async (store) => {
      const problem = await storeDetails(store, body, bytes);
      if (problem)
        log.warn(
          { attemptId: body.attemptId, number: body.number, kind: body.kind, problem },
          'beacon body stored without being read',
        );
      await store.telemetry.markIngested(body.attemptId, body.number, problem);
      await store.telemetry.touchWatermark(body.workspaceId);
      if (!body.isClosed) return;
      // With the last body that was late: before, the checks would see a part.
      const late = await store.pipelineChecks.findLate(body.attemptId);
      if (late) await checkAttempt({ attemptId: body.attemptId, ...late }, store);
    });
  }

  /**
   * A body that cannot be ingested (its blob is missing) blocks the later ones of its attempt, which may
   * update the same data, and no others.
   */
  async function ingestAll(attemptId: string | null): Promise<void> {
    const stuck = new Set<string>();
    for (;;) {
      const bodies = await persistence.store.telemetry.listWaiting(attemptId, batchSize);
      const next = bodies.filter((body) => !stuck.has(body.attemptId));
      for (const body of next) {
        if (stuck.has(body.attemptId)) continue;
        try {
          await ingest(body);
        } catch (error) {
          log.error(
            { err: error, attemptId: body.attemptId, number: body.number },
            'beacon body not ingested; retried later',
          );
          stuck.add(body.attemptId);
        }
      }
      if (bodies.length < batchSize || next.length === 0) return;
    }
  }

  return {
    ofAttempt: (attemptId: string) => ingestAll(attemptId),
    /** Ingests what a crashed server had stored but not ingested. */
    waiting: () => ingestAll(null),
  };
}

type TelemetryStores = Pick<Store, Exclude<TelemetryStore, 'pipelineChecks'>>;

/** @returns a description of the problem; null if the body was understood */
async function storeDetails(
  store: TelemetryStores,
  body: BeaconBodyRecord,
  bytes: Uint8Array,
): Promise<string | null> {
  const decoded = decodeBeaconBody(bytes);
  if (!decoded.ok) return decoded.problem.detail;
  // Statistics and schemas are those of deployed jobs.
  if (body.jobRef === manifestBuildJobRef && body.kind !== 'job_result')
    return 'The build of a manifest runs no pipeline.';
  if (body.kind === 'trace') return storeTrace(store, body, decoded.details);
  if (body.kind === 'state')
    return storeState(store, { ...body, isMasked: Buffer.from(bytes).includes(MASK) }, decoded.details);
  if (body.kind === 'job_result') return storeResult(store, body, decoded.details);
  return `There is no beacon of type "${body.kind}".`;
}

async function storeTrace(
  store: Pick<Store, 'pendingPackages' | 'telemetry'>,
  body: BeaconBodyRecord,
  value: unknown,
): Promise<string | null> {
  const parsed = parseTrace(value);
  if (!parsed.ok) return parsed.problem.detail;
  await store.telemetry.upsertPipelineRun({
    workspaceId: body.workspaceId,
    jobRunId: body.jobRunId,
    attemptId: body.attemptId,
    traceBlobKey: body.blobKey,
    facts: parsed.details,
  });
  const { pipelineName, loadPackages } = parsed.details;
  const loadIds = loadPackages.flatMap(({ loadId, loadStatus }) => (loadStatus === 'loaded' ? [loadId] : []));
  if (loadIds.length > 0) await store.pendingPackages.endLoaded(body.attemptId, pipelineName, loadIds);
  return null;
}

async function storeState(
  store: TelemetryStores,
  body: BeaconBodyRecord & { isMasked: boolean },
  value: unknown,
): Promise<string | null> {
  const parsed = parseState(value);
  if (!parsed.ok) return parsed.problem.detail;
  const { pipelineName, destinationName, datasetName, schemas } = parsed.details;
  for (const schema of schemas) {
    const version = {
      workspaceId: body.workspaceId,
      pipelineName,
      schemaName: schema.name,
      versionHash: schema.versionHash,
      version: schema.version,
      previousHashes: schema.previousHashes,
      destinationName,
      datasetName,
      document: schema.document,
      jobRunId: body.jobRunId,
    };
    const isCorrected = await storeSchema(store, version, body.isMasked);
    if (datasetName === null) continue;
    const key = { workspaceId: body.workspaceId, datasetName, pipelineName, schemaName: schema.name };
    await store.telemetry.upsertDatasetSchema({
      ...key,
      // A table that never had data has no columns, and dlt does not create it at the destination.
      tableNames: schema.tables.filter((table) => table.columnCount > 0).map((table) => table.name),
    });
    await storeDatasetColumns(store, key, schema, isCorrected);
  }
  return null;
}

/**
 * Most runs report an existing version, so its possibly large document is not sent to the store again, unless names in
 * it are masked: a secret is there now that was not, or the other way round.
 * @returns whether it replaces a document
 */
async function storeSchema(
  store: Pick<Store, 'schemaChanges' | 'schemaVersions'>,
  version: NewSchemaVersion,
  isMasked: boolean,
): Promise<boolean> {
  const found = await store.schemaVersions.touch(version);
  if (found) return (isMasked || found.isMasked) && store.schemaVersions.replace(version);
  if (await store.schemaVersions.insert(version)) await noteSchemaChanges(store, version);
  return false;
}

async function storeResult(
  store: Pick<Store, 'telemetry'>,
  body: BeaconBodyRecord,
  value: unknown,
): Promise<string | null> {
  const parsed = parseJobResult(value);
  if (!parsed.ok) return parsed.problem.detail;
  await store.telemetry.upsertResult({
    workspaceId: body.workspaceId,
    jobRunId: body.jobRunId,
    jobRef: parsed.details.jobRef,
    resultType: parsed.details.resultType,
    engineVersion: parsed.details.engineVersion,
    document: parsed.details.document,
  });
  return null;
}
