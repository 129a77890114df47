import type { JobTrendResponse } from '@pumphouse/contract';
import type { Trend } from '../../charts/trend.ts';
import { findUsual } from '../../charts/trend.ts';
import { formatShortInstant } from '../../ui/format.ts';
import { stateAppearance } from '../../ui/run-states.ts';

type TrendRun = JobTrendResponse['runs'][number];

/** Duration of runs: running time, coloured by state, with the queued time stacked on top. */
export function toDurationTrend(runs: readonly TrendRun[], now: Date): Trend {
  return {
    points: toPoints(runs, now),
    series: [
      {
        name: 'Running',
        unit: 'seconds',
        colour: 'completed',
        kind: 'bar',
        stack: 'duration',
        values: runs.map(({ duration_seconds: seconds }) => seconds),
      },
      {
        name: 'Queued',
        unit: 'seconds',
        colour: 'quiet',
        kind: 'bar',
        stack: 'duration',
        values: runs.map(({ queued_seconds: seconds }) => seconds),
      },
    ],
    usual: findUsual(completedOf(runs, ({ duration_seconds: seconds }) => seconds)),
  };
}

/** Rows loaded per run. A run without a reported number has no bar. */
export function toRowsTrend(runs: readonly TrendRun[], now: Date): Trend {
  const values = runs.map(({ rows_loaded: rows }) => rows);
  return {
    points: toPoints(runs, now),
    series: [{ name: 'Rows loaded', unit: 'count', colour: 'completed', kind: 'bar', values }],
    usual: findUsual(completedOf(runs, ({ rows_loaded: rows }) => rows)),
  };
}

const completedOf = (runs: readonly TrendRun[], valueOf: (run: TrendRun) => number | null) =>
  runs.map((run) => (run.status === 'completed' ? valueOf(run) : null));

function toPoints(runs: readonly TrendRun[], now: Date): Trend['points'] {
  return runs.map(({ number, status, created_at: at, deployment_version: version }, index) => {
    const state = stateAppearance(status);
    const before = runs[index - 1]?.deployment_version ?? version;
    return {
      label: formatShortInstant(new Date(at), now),
      mark: version === before ? null : `Deployment ${version}`,
      title: `#${number} ${state.word.toLowerCase()} ${formatShortInstant(new Date(at), now)}`,
      state,
    };
  });
}
