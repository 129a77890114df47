import type { RunOverviewResponse } from '@pumphouse/contract';
import { describeOutcome } from '../../details/run-outcome.ts';
import { toCsv } from '../../ui/csv.ts';

const header = [
  'run_id',
  'job',
  'job_ref',
  'number',
  'state',
  'trigger',
  'profile',
  'created_at',
  'started_at',
  'finished_at',
  'duration_seconds',
  'attempts',
  'result',
  'rows',
  'bytes',
  'pipelines',
  'deployment',
  'configuration',
];

/** Writes runs as CSV, with the columns of the list. Times are in UTC. */
export function toRunCsv(runs: readonly RunOverviewResponse[]): string {
  const rows = runs.map((run) => [
    run.id,
    run.job_name,
    run.job_ref,
    run.number,
    run.status,
    run.trigger,
    run.profile,
    run.created_at,
    run.started_at,
    run.finished_at,
    run.duration_seconds,
    run.attempt_count,
    describeOutcome(run).text,
    run.loaded?.rows,
    run.loaded?.bytes,
    run.pipeline_names.join(' '),
    run.deployment.version,
    run.configuration.version,
  ]);
  return toCsv([header, ...rows]);
}
