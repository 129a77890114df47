import type { CheckedRun, StoredChecks } from '../../domain/pipelines/evaluate-checks.ts';
import type { PipelineChecks } from '../../domain/pipelines/check-settings.ts';
import type { PipelineRunDetails } from '../../telemetry/pipeline-run-details.ts';
import type { Store } from '../../store/store.ts';
import { evaluateChecks, listHistoryTables } from '../../domain/pipelines/evaluate-checks.ts';
import { readColumnHints } from '../../telemetry/read-column-hints.ts';

/** A pipeline run that was reported, before it is stored. */
export interface ReportedRun {
  workspaceId: string;
  attemptId: string;
  details: PipelineRunDetails;
}

/**
 * Evaluates the checks of a pipeline run from its trace, its schema and earlier runs. Null for a run that failed or
 * did not load: it has no result that could be checked.
 */
export async function checkPipelineRun(
  store: Pick<Store, 'pipelineChecks' | 'schemaVersions'>,
  checks: PipelineChecks,
  { workspaceId, attemptId, details }: ReportedRun,
): Promise<StoredChecks | null> {
  if (details.status === 'failed' || !details.steps.some(({ step }) => step === 'load')) return null;
  const { pipelineName, transactionId } = details;
  const key = { workspaceId, pipelineName, attemptId, transactionId };
  const lastLoads = new Map<string, Date>();
  for (const [table, seconds] of listHistoryTables(checks)) {
    const found = await store.pipelineChecks.findLastLoad(key, table, seconds);
    if (found) lastLoads.set(table, found);
  }
  const needsFirst = details.hasSchemaMigration && checks.expect.some((each) => each.isSchemaUnchanged);
  const needsColumns = checks.expect.some(({ noNulls }) => noNulls);
  return evaluateChecks(checks, {
    finishedAt: details.finishedAt === null ? new Date() : new Date(details.finishedAt),
    loadedRows: sumRows(details),
    isCut: details.tables.length >= maxTables,
    isFirst: needsFirst && !(await store.pipelineChecks.hasOtherRun(key)),
    hasSchemaMigration: details.hasSchemaMigration,
    lastLoads,
    findColumn: needsColumns ? await readColumns(store, workspaceId, details) : null,
  });
}

/** The parser of traces keeps no more. */
const maxTables = 5000;

/** Adds up a table that several schemas of the run have; unknown as soon as one of them is. */
function sumRows({ tables }: PipelineRunDetails): Map<string, number | null> {
  const rows = new Map<string, number | null>();
  for (const { tableName, rowsLoaded } of tables) {
    const before = rows.get(tableName);
    rows.set(tableName, before === null || rowsLoaded === null ? null : (before ?? 0) + rowsLoaded);
  }
  return rows;
}

/** Reads the schemas that the run loaded with, which it has reported before its trace. */
async function readColumns(
  store: Pick<Store, 'schemaVersions'>,
  workspaceId: string,
  { pipelineName, loadPackages }: PipelineRunDetails,
): Promise<CheckedRun['findColumn']> {
  const documents: unknown[] = [];
  const hashes = new Map(loadPackages.map(({ schemaName, schemaHash }) => [schemaName, schemaHash]));
  for (const [schemaName, versionHash] of hashes) {
    if (schemaName === null || versionHash === null) continue;
    const found = await store.schemaVersions.get({ workspaceId, pipelineName, schemaName, versionHash });
    if (found) documents.push(found.document);
  }
  if (documents.length === 0) return null;
  return (table, column) => {
    for (const document of documents) {
      const hints = readColumnHints(document, table, column);
      if (hints) return hints;
    }
    return null;
  };
}
