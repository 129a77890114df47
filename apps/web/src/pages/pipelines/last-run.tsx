import { shortenPipelineError } from '@pumphouse/client';
import type { PipelineFreshnessRow } from '@pumphouse/contract';
import classes from './pipelines.module.css';
import { CheckResult } from './check-result.tsx';
import { formatCompactCount, formatNoun } from '../../ui/format.ts';
import { PipelineRunState } from '../../ui/state.tsx';
import { Time } from '../../ui/time.tsx';

type LastPipelineRun = NonNullable<PipelineFreshnessRow['last_run']>;

/** State and time of a pipeline's last run, with the failure or the rows loaded. */
export function LastRun({ run }: { run: LastPipelineRun | null }) {
  if (run === null) return <span className="quiet">No stored runs</span>;
  return (
    <span className={classes.oneLine}>
      <PipelineRunState status={run.status} compact />{' '}
      <span className="quiet">
        <Time at={run.finished_at ?? run.created_at} />
      </span>{' '}
      {run.status === 'failed' ? <Failure run={run} /> : <Loaded rows={run.rows_loaded} />}
      {(run.check_status === 'failed' || run.check_status === 'unknown') && (
        <>
          {' '}
          <CheckResult status={run.check_status} />
        </>
      )}
    </span>
  );
}

function Failure({ run }: { run: LastPipelineRun }) {
  return (
    <span className={classes.reason} title={run.error_message ?? undefined}>
      {run.failure_summary ?? shortenPipelineError(run.error_message)}
    </span>
  );
}

function Loaded({ rows }: { rows: number }) {
  return <span>{rows === 0 ? 'nothing new' : formatNoun(rows, 'row', undefined, formatCompactCount)}</span>;
}
