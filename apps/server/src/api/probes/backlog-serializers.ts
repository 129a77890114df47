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
