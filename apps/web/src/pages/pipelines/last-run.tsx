import type { PipelineFreshnessRow } from '@pumphouse/contract';
import classes from './pipelines.module.css';
import { formatCompactCount } from '../../look/format.ts';
import { PipelineRunState } from '../../look/state.tsx';
import { Time } from '../../look/time.tsx';

type LastPipelineRun = NonNullable<PipelineFreshnessRow['last_run']>;

/** How the last run of a pipeline went, when, and why it failed. */
export function LastRun({ run }: { run: LastPipelineRun | null }) {
  if (run === null) return <span className="quiet">None is stored any more</span>;
  return (
    <span className={classes.oneLine}>
      <PipelineRunState status={run.status} />{' '}
      <span className="quiet">
        <Time at={run.finished_at ?? run.created_at} />
      </span>{' '}
      {run.status === 'failed' ? <Failure run={run} /> : <Loaded rows={run.rows_loaded} />}
    </span>
  );
}

function Failure({ run }: { run: LastPipelineRun }) {
  const reason = run.error_message ?? 'It reported no reason';
  const words = run.error_step === null ? reason : `${run.error_step}: ${reason}`;
  return (
    <span className={classes.reason} title={words}>
      {words}
    </span>
  );
}

function Loaded({ rows }: { rows: number }) {
  return <span>{rows === 0 ? 'nothing new' : `${formatCompactCount(rows)} rows`}</span>;
}
