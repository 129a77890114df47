import type { CheckedRun, LoadedRows, StoredChecks } from '../../domain/pipelines/evaluate-checks.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { PackageVersions } from '../versions/package-versions.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { PipelineChecks } from '../../domain/pipelines/check-settings.ts';
import type { PipelineRunDetails } from '../../telemetry/pipeline-run-details.ts';
import { choosePipelineChecks, listCheckedPipelines } from '../../domain/jobs/job-settings.ts';
import { decideExpected } from '../../domain/pipelines/expected-pipelines.ts';
import {
  evaluateChecks,
  leaveUnchecked,
  listCheckedTables,
  listHistoryTables,
} from '../../domain/pipelines/evaluate-checks.ts';
import { readColumnHints } from '../../telemetry/read-column-hints.ts';

/** An attempt whose user code has ended. */
export interface CheckedAttempt {
  attemptId: string;
  run: Pick<JobRunRecord, 'id' | 'workspaceId' | 'configurationId' | 'profile' | 'jobId'>;
  /** Its user code ended without a failure. */
  isCompleted: boolean;
}

export interface CheckedPipeline {
  pipelineName: string;
  checks: StoredChecks;
}

export type CheckAttempt = ReturnType<typeof createCheckAttempt>;

type CheckStore = Pick<Store, 'pipelineChecks' | 'schemaVersions'>;

export function createCheckAttempt({
  persistence,
  packageVersions,
}: {
  persistence: Persistence<'pipelineChecks' | 'schemaVersions'>;
  packageVersions: Pick<PackageVersions, 'getConfiguration'>;
}) {
  /**
   * Evaluates the checks of all pipelines of an attempt on the sum of their calls, and stores the results.
   * Repeating it, as after a crash, replaces them.
   * @param store a transaction, if the results are to be committed with something else
   */
  return async function checkAttempt(
    attempt: CheckedAttempt,
    store: CheckStore = persistence.store,
  ): Promise<CheckedPipeline[]> {
    const { run, attemptId } = attempt;
    const { runSettings } = await packageVersions.getConfiguration(run);
    const names = listCheckedPipelines(runSettings, run.profile);
    if (names.length === 0) return [];
    const calls = Map.groupBy(
      await store.pipelineChecks.listCalls(attemptId, names),
      ({ pipelineName }) => pipelineName,
    );
    const checked: CheckedPipeline[] = [];
    for (const pipelineName of names) {
      const checks = choosePipelineChecks(runSettings, run.profile, pipelineName);
      if (!checks) continue;
      const results = await checkPipeline(store, attempt, {
        checks,
        pipelineName,
        calls: calls.get(pipelineName),
      });
      if (results) checked.push({ pipelineName, checks: results });
    }
    await store.pipelineChecks.save({ attemptId, jobRunId: run.id, workspaceId: run.workspaceId }, checked);
    return checked;
  };
}

interface CalledPipeline {
  checks: PipelineChecks;
  pipelineName: string;
  /** Its `pipeline.run()` calls in their order; undefined without any. */
  calls: PipelineRunDetails[] | undefined;
}

/** @returns null if the attempt has no result of the pipeline that could be checked, and needs none */
async function checkPipeline(
  store: CheckStore,
  attempt: CheckedAttempt,
  { checks, pipelineName, calls }: CalledPipeline,
): Promise<StoredChecks | null> {
  const loads = (calls ?? []).filter(
    ({ status, steps }) => status !== 'failed' && steps.some(({ step }) => step === 'load'),
  );
  if (loads.length > 0) return evaluateLoads(store, attempt, checks, loads);
  if (!attempt.isCompleted) return null;
  if (calls) return leaveUnchecked(checks, `pipeline ${pipelineName} did not load in this run`, true);
  const { run } = attempt;
  const { use, job } = await store.pipelineChecks.findUse(run, pipelineName);
  const decision = decideExpected(use, job);
  if (decision === 'elsewhere') return null;
  const isRequired = decision === 'required';
  const detail = `pipeline ${pipelineName} did not report in this run`;
  const others = ', nor in any before; a job that has not run yet may run it';
  return leaveUnchecked(checks, isRequired ? detail : `${detail}${others}`, isRequired);
}

/** Evaluates checks on what all calls of a pipeline loaded together. */
async function evaluateLoads(
  store: CheckStore,
  { attemptId, run: { workspaceId }, isCompleted }: CheckedAttempt,
  checks: PipelineChecks,
  loads: readonly PipelineRunDetails[],
): Promise<StoredChecks | null> {
  const pipelineName = loads[0]?.pipelineName ?? '';
  const key = { workspaceId, pipelineName, attemptId };
  const lastLoads = new Map<string, Date>();
  for (const [table, seconds] of listHistoryTables(checks)) {
    const found = await store.pipelineChecks.findLastLoad(key, table, seconds);
    if (found) lastLoads.set(table, found);
  }
  const hasSchemaMigration = loads.some((load) => load.hasSchemaMigration);
  const needsFirst = hasSchemaMigration && checks.expect.some((each) => each.isSchemaUnchanged);
  const needsColumns = checks.expect.some(({ noNulls }) => noNulls);
  return evaluateChecks(checks, {
    finishedAt: findEnd(loads),
    isPartial: !isCompleted,
    loadedRows: sumRows(loads),
    seenTables: new Set(await store.pipelineChecks.listSchemaTables(key, listCheckedTables(checks))),
    isCut: loads.some(({ tables }) => tables.length >= maxTables),
    isFirst: needsFirst && !(await store.pipelineChecks.hasOtherAttempt(key)),
    hasSchemaMigration,
    lastLoads,
    findColumn: needsColumns ? await readColumns(store, key, loads) : null,
  });
}

/** The parser of traces keeps no more. */
const maxTables = 5000;

function findEnd(loads: readonly PipelineRunDetails[]): Date {
  const ends = loads.flatMap(({ finishedAt }) => (finishedAt === null ? [] : [Date.parse(finishedAt)]));
  return ends.length === 0 ? new Date() : new Date(ends.reduce((last, end) => Math.max(last, end)));
}

/** Adds up the rows of a table over calls and schemas. */
function sumRows(loads: readonly PipelineRunDetails[]): Map<string, LoadedRows> {
  const sums = new Map<string, LoadedRows>();
  for (const { tableName, rowsLoaded } of loads.flatMap(({ tables }) => tables)) {
    const { rows, isComplete } = sums.get(tableName) ?? { rows: 0, isComplete: true };
    sums.set(tableName, { rows: rows + (rowsLoaded ?? 0), isComplete: isComplete && rowsLoaded !== null });
  }
  return sums;
}

/** Reads the schemas that the calls loaded with, the latest first. */
async function readColumns(
  store: Pick<Store, 'schemaVersions'>,
  { workspaceId, pipelineName }: { workspaceId: string; pipelineName: string },
  loads: readonly PipelineRunDetails[],
): Promise<CheckedRun['findColumn']> {
  const documents: unknown[] = [];
  const packages = loads.flatMap(({ loadPackages }) => loadPackages);
  const hashes = new Map(packages.map(({ schemaName, schemaHash }) => [schemaName, schemaHash]));
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
