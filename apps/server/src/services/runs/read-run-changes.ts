import type { CompareJobCode, JobCodeComparison } from '../versions/compare-job-code.ts';
import type { CompareRuns, ComparedRun, RunComparison, RunPair } from './compare-runs.ts';
import type { DurationChange, RowsChange, TimedRun } from '../../domain/runs/run-changes.ts';
import type { FileChange } from '../../domain/versions/compare-files.ts';
import type { FirstFailedRun } from '../../store/records.ts';
import type { PackageChange } from '../../domain/environments/compare-packages.ts';
import type { Persistence } from '../../store/store.ts';
import type { ReadSchemas } from '../pipelines/read-schemas.ts';
import type { SchemaDifference } from '../../domain/pipelines/schema-difference.ts';
import { compareFiles } from '../../domain/versions/compare-files.ts';
import { comparePackages } from '../../domain/environments/compare-packages.ts';
import { listDurationChanges, listRowsChanges } from '../../domain/runs/run-changes.ts';
import { listRunPhases } from '../../domain/runs/run-phases.ts';
import { readProfile } from '../../archives/configuration-archive.ts';

/** The failed runs of a job since it last completed. */
export interface FailureStreak {
  /** The first of them; null if it is the run itself. */
  first: FirstFailedRun | null;
  /** Including the run itself. */
  failedCount: number;
}

export interface SchemaChangeOfRun {
  pipelineName: string;
  schemaName: string;
  baseHash: string;
  versionHash: string;
  difference: SchemaDifference;
}

/** What differs notably between a run and an earlier one. Everything is empty without a base. */
export interface RunChanges {
  comparison: RunComparison;
  /** Null unless the run failed. */
  streak: FailureStreak | null;
  /** Median of the last completed runs; null without any. */
  usualDurationSeconds: number | null;
  code: JobCodeComparison;
  /** Changed configuration files of the run's profile. */
  configurationFiles: FileChange[];
  /** Variables written between the starts of both runs; deleted ones are not known. */
  changedVariableCount: number;
  /** Null if the packages of one of the environments are not known. */
  packages: PackageChange[] | null;
  schemas: SchemaChangeOfRun[];
  rows: RowsChange[];
  durations: DurationChange[];
}

export interface ReadRunChangesDependencies {
  persistence: Persistence<
    | 'configurations'
    | 'environments'
    | 'jobRuns'
    | 'schemaChanges'
    | 'schemaVersions'
    | 'telemetry'
    | 'variables'
  >;
  compareRuns: CompareRuns;
  compareJobCode: CompareJobCode;
  readSchemas: Pick<ReadSchemas, 'compare'>;
}

export type ReadRunChanges = ReturnType<typeof createReadRunChanges>;

const usualLimits = { runs: 10, tables: 5000 };
/** A run may report any number of schemas, and comparing two takes some milliseconds. */
const maxSchemas = 20;
const noCode: JobCodeComparison = {
  outcome: 'compared',
  files: [],
  otherChangedCount: 0,
  isTruncated: false,
};

/** Creates the use case that finds what changed between a run and the last completed one of its job. */
export function createReadRunChanges({
  persistence: { store },
  compareRuns,
  compareJobCode,
  readSchemas,
}: ReadRunChangesDependencies) {
  async function readStreak({ run }: ComparedRun): Promise<FailureStreak | null> {
    if (run.status !== 'failed') return null;
    const completed = await store.jobRuns.lastCompletedBefore(run.jobId, run.number);
    const range = { after: completed?.number ?? 0, before: run.number };
    const first = (await store.jobRuns.firstFailedBetween(run.jobId, range)) ?? null;
    return { first, failedCount: (first?.failedCount ?? 0) + 1 };
  }

  async function readConfigurationFiles(base: ComparedRun, target: ComparedRun): Promise<FileChange[]> {
    if (base.run.configurationId === target.run.configurationId) return [];
    const [before, after] = await Promise.all(
      [base, target].map(({ run }) => store.configurations.files(run.workspaceId, run.configurationId)),
    );
    return compareFiles(before ?? [], after ?? []).filter(
      ({ path, change }) => change !== 'unchanged' && [null, target.run.profile].includes(readProfile(path)),
    );
  }

  async function countVariables(base: ComparedRun, target: ComparedRun): Promise<number> {
    const [from, to] = [base, target].map(({ run }) => run.startedAt ?? run.createdAt);
    if (!from || !to) return 0;
    return store.variables.countWritten(target.run.workspaceId, target.run.profile, { from, to });
  }

  async function readPackages(base: ComparedRun, target: ComparedRun): Promise<PackageChange[] | null> {
    const [before = [], after = []] = await Promise.all(
      [base, target].map(({ run }) => store.environments.packagesOfRun(run.id)),
    );
    return before.length === 0 || after.length === 0 ? null : comparePackages(before, after);
  }

  async function readSchemaChanges({ target, pipelines }: RunComparison): Promise<SchemaChangeOfRun[]> {
    const changed = pipelines.flatMap(({ pipelineName, before, after }) =>
      (after?.schemas ?? []).flatMap(({ schemaName, versionHash }) => {
        const baseHash = before?.schemas.find((each) => each.schemaName === schemaName)?.versionHash;
        return baseHash === undefined || baseHash === versionHash
          ? []
          : [{ pipelineName, schemaName, versionHash, baseHash }];
      }),
    );
    const { workspaceId } = target.run;
    const compared: SchemaChangeOfRun[] = [];
    for (const key of changed.slice(0, maxSchemas)) {
      const versions = [key.versionHash, key.baseHash];
      const stored = await Promise.all(
        versions.map((versionHash) => store.schemaVersions.get({ ...key, workspaceId, versionHash })),
      );
      // The trace names a version before its schema arrives, and retention may have removed one.
      if (stored.some((version) => !version)) continue;
      const { difference } = await readSchemas.compare({ ...key, workspaceId }, key.baseHash);
      if (difference.changes.length > 0) compared.push({ ...key, difference });
    }
    return compared;
  }

  async function readFigures({ base, target, pipelineRuns }: RunComparison) {
    const usual = await store.telemetry.usualRowsOfJob(target.run, usualLimits);
    const after = toTimedRun(target, pipelineRuns.after);
    return {
      rows: listRowsChanges(after, usual),
      durations: base ? listDurationChanges(toTimedRun(base, pipelineRuns.before), after) : [],
    };
  }

  /**
   * Reads what changed between a run and another one of the same job.
   * @throws ServiceError not_found, invalid_request: the base is a run of another job
   */
  return async function readRunChanges(pair: RunPair): Promise<RunChanges> {
    const comparison = await compareRuns(pair);
    const { base, target } = comparison;
    const [streak, usualDurationSeconds] = await Promise.all([
      readStreak(target),
      store.jobRuns.usualDurationSeconds(target.run, usualLimits.runs),
    ]);
    const shared = { comparison, streak, usualDurationSeconds };
    if (!base) {
      const nothing = { configurationFiles: [], changedVariableCount: 0, packages: null, schemas: [] };
      return { ...shared, code: noCode, ...nothing, rows: [], durations: [] };
    }
    const [code, configurationFiles, changedVariableCount, packages, schemas, figures] = await Promise.all([
      compareJobCode({ workspaceId: pair.workspaceId, base: toCode(base), target: toCode(target) }),
      readConfigurationFiles(base, target),
      countVariables(base, target),
      readPackages(base, target),
      readSchemaChanges(comparison),
      readFigures(comparison),
    ]);
    const versions = { code, configurationFiles, changedVariableCount, packages, schemas };
    return { ...shared, ...versions, ...figures };
  };
}

function toCode({ run, jobVersion }: ComparedRun) {
  return { deploymentId: run.deploymentId, module: jobVersion.definition.entry_point.module };
}

function toTimedRun(
  { run, attempts }: ComparedRun,
  pipelineRuns: RunComparison['pipelineRuns']['after'],
): TimedRun {
  return { isFailed: run.status === 'failed', phases: listRunPhases(run, attempts), pipelineRuns };
}
