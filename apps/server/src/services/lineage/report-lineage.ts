import type { AttemptRecord, JobRunRecord, SchemaVersionKey } from '../../store/records.ts';
import type { LineageEvent, LineageSender } from '../../openlineage/lineage-event.ts';
import type { LoadedSchema, LoadedSchemas } from '../../openlineage/output-datasets.ts';
import type { Persistence } from '../../store/store.ts';
import type { PipelineRunDetails } from '../../telemetry/pipeline-run-details.ts';
import { buildRunEvents, lineageLimits } from '../../openlineage/run-events.ts';
import { listSchemaVersions, schemaVersionKey } from '../../openlineage/output-datasets.ts';
import { manifestBuildJobRef } from '../../domain/jobs/manifest-build.ts';
import { readSchema } from '../../telemetry/read-schema.ts';
import { LRUCache } from 'lru-cache';

export interface ReportLineageDependencies {
  persistence: Persistence<'jobs' | 'schemaChanges' | 'schemaVersions' | 'telemetry' | 'workspaces'>;
  sender: LineageSender;
}

/** A run that has ended, and its attempts. */
interface EndedRun {
  run: JobRunRecord;
  attempts: readonly AttemptRecord[];
}

/** Schema versions whose tables are remembered: a pipeline loads with the same one again and again. */
const maxRememberedSchemas = 100;
/** A pipeline may load several sources, each with a schema of its own. */
const maxSchemasOfPipeline = 20;

export type ReportLineage = ReturnType<typeof createReportLineage>;

/** Creates a function that sends the OpenLineage events of runs that have ended. */
export function createReportLineage({ persistence: { store }, sender }: ReportLineageDependencies) {
  const tables = new LRUCache<string, LoadedSchema['tables']>({ max: maxRememberedSchemas });

  /** Reads the tables of a schema version; none if retention has removed it. */
  async function readTables(key: SchemaVersionKey): Promise<LoadedSchema['tables']> {
    const id = JSON.stringify([key, await store.schemaVersions.hashDocument(key)]);
    const remembered = tables.get(id);
    if (remembered) return remembered;
    const version = await store.schemaVersions.get(key);
    if (!version) return [];
    // Names and types only: documents have megabytes.
    const read = readSchema(version.document).tables.map(({ name, columns }) => ({
      name,
      columns: columns.map((column) => ({ name: column.name, dataType: column.dataType })),
    }));
    tables.set(id, read);
    return read;
  }

  async function readVersion(key: SchemaVersionKey, jobRunId: string): Promise<LoadedSchema> {
    const [shapes, changes] = await Promise.all([readTables(key), store.schemaChanges.get(key)]);
    // Later runs load with the same version, and change nothing.
    if (changes?.jobRunId !== jobRunId)
      return { tables: shapes, addedTables: new Set(), changedTables: new Set() };
    const tablesOf = (isIncluded: (kind: string) => boolean) =>
      new Set(
        changes.changes.flatMap(({ kind, table }) => (table !== null && isIncluded(kind) ? [table] : [])),
      );
    const isFirst = changes.baseHash === null;
    return {
      tables: shapes,
      addedTables: isFirst
        ? new Set(shapes.map(({ name }) => name))
        : tablesOf((kind) => kind === 'table_added'),
      changedTables: tablesOf((kind) => kind !== 'table_added'),
    };
  }

  async function readSchemas(run: JobRunRecord, details: readonly PipelineRunDetails[]) {
    const schemas = new Map<string, LoadedSchema>();
    for (const facts of details)
      for (const { schemaName, versionHash } of listSchemaVersions(facts).slice(0, maxSchemasOfPipeline)) {
        const { pipelineName } = facts;
        const key = { workspaceId: run.workspaceId, pipelineName, schemaName, versionHash };
        schemas.set(schemaVersionKey(pipelineName, schemaName, versionHash), await readVersion(key, run.id));
      }
    return schemas satisfies LoadedSchemas;
  }

  async function readPipelineRuns({ run, attempts }: EndedRun) {
    if (!attempts.some(({ beaconCount }) => beaconCount > 0)) return [];
    return store.telemetry.listPipelineRunsOfJobRun(run.id, lineageLimits.pipelineRuns);
  }

  /**
   * Sends the events of runs. Apps, skipped starts and jobs of the server itself have none. Resolves when the
   * receiver has them, or after a second.
   */
  return async function reportLineage(ended: readonly EndedRun[]): Promise<void> {
    const reported = ended.filter(({ run }) => !run.isApp && run.status !== 'skipped');
    if (reported.length === 0) return;
    const jobs = await store.jobs.getMany([...new Set(reported.map(({ run }) => run.jobId))]);
    const jobsById = new Map(jobs.map((job) => [job.id, job]));
    const workspaceIds = [...new Set(reported.map(({ run }) => run.workspaceId))];
    const names = new Map(
      await Promise.all(
        workspaceIds.map(async (id) => [id, (await store.workspaces.get(id))?.name ?? ''] as const),
      ),
    );
    const events: LineageEvent[] = [];
    for (const one of reported) {
      const { run } = one;
      const job = jobsById.get(run.jobId);
      if (!job || job.jobRef === manifestBuildJobRef) continue;
      const pipelineRuns = await readPipelineRuns(one);
      const schemas = await readSchemas(
        run,
        pipelineRuns.map(({ facts }) => facts),
      );
      const workspaceName = names.get(run.workspaceId) ?? '';
      const { jobRef, description } = job;
      events.push(
        ...buildRunEvents(
          { run, jobRef, description, workspaceName, pipelineRuns, schemas },
          sender.namespace,
        ),
      );
    }
    await sender.send(events);
  };
}
