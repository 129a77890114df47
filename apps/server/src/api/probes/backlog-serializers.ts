import type { AddGauge } from './gauges.ts';
import type { Backlog } from '../../services/runs/read-backlog.ts';
import { one } from './gauges.ts';
import { pauseReasons } from '../../domain/backfills/backfill-state.ts';
import { pendingSteps } from '../../domain/pipelines/pending-packages.ts';

const openStates = ['preparing', 'running', 'paused', 'cancelling'] as const;

/** Adds gauges of what is left to do. All values of a label are there from the start, so that each has a history. */
export function describeBacklog(gauge: AddGauge, backlog: Backlog): void {
  const { runs, maxSeconds } = backlog.pipelineWaits;
  gauge(
    'pumphouse_pipeline_waits',
    'Running runs whose code waits until no other run writes with its pipeline or to its dataset',
    one(runs),
  );
  gauge('pumphouse_pipeline_waits_longest_seconds', 'The longest of these waits', one(maxSeconds));
  describePackages(gauge, backlog);
  describeBackfills(gauge, backlog);
  describeBackups(gauge, backlog);
  describeOnlineMigrations(gauge, backlog);
}

/** Without a backup there is no sample: an installation may be backed up by other means. */
function describeBackups(gauge: AddGauge, { lastBackupAt }: Backlog): void {
  gauge(
    'pumphouse_backup_last_timestamp_seconds',
    'When the last complete backup began',
    lastBackupAt ? one(lastBackupAt.getTime() / 1000) : [],
  );
}

/** The progress is that of the migration that servers work on; without one, or while it is not known, there is no sample. */
function describeOnlineMigrations(gauge: AddGauge, { onlineMigrations }: Backlog): void {
  gauge('pumphouse_online_migrations', 'Online migrations that have not ended', one(onlineMigrations.length));
  gauge(
    'pumphouse_online_migrations_failed',
    'Those of them that failed and are tried again',
    one(onlineMigrations.filter(({ failure }) => failure !== null).length),
  );
  const percent = onlineMigrations[0]?.percent ?? null;
  gauge(
    'pumphouse_online_migration_progress_ratio',
    'Progress of the online migration that servers work on, from 0 to 1',
    percent === null ? [] : one(percent / 100),
  );
}

function describePackages(gauge: AddGauge, { packages, pendingPipelines }: Backlog): void {
  gauge(
    'pumphouse_pending_packages',
    'Load packages that are extracted and not loaded completely, by the last step that is done',
    pendingSteps.map((step) => ({
      labels: { step },
      value: packages.find((found) => found.step === step)?.packages ?? 0,
    })),
  );
  gauge('pumphouse_pending_packages_bytes', 'Size of pending load packages', one(sum(packages, 'bytes')));
  gauge(
    'pumphouse_pending_packages_oldest_seconds',
    'Age of the oldest pending load package',
    one(Math.max(0, ...packages.map(({ maxSeconds }) => maxSeconds))),
  );
  gauge('pumphouse_pending_pipelines', 'Pipelines with pending load packages', one(pendingPipelines));
}

function describeBackfills(gauge: AddGauge, { backfills, windows }: Backlog): void {
  gauge(
    'pumphouse_backfills',
    'Backfills that have not ended, by state',
    openStates.map((state) => ({
      labels: { state },
      value: sum(
        backfills.filter(({ status }) => status === state),
        'count',
      ),
    })),
  );
  gauge(
    'pumphouse_backfills_paused',
    'Paused backfills by reason',
    pauseReasons.map((reason) => ({
      labels: { reason },
      value: sum(
        backfills.filter(({ status, pauseReason }) => status === 'paused' && pauseReason === reason),
        'count',
      ),
    })),
  );
  gauge('pumphouse_backfill_windows', 'Windows of these backfills that wait or run', [
    { labels: { state: 'waiting' }, value: windows.waiting },
    { labels: { state: 'running' }, value: windows.running },
  ]);
}

function sum<Key extends string>(rows: readonly Record<Key, number>[], key: Key): number {
  return rows.reduce((total, row) => total + row[key], 0);
}
