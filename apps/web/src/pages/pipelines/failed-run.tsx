import { shortenPipelineError } from '@pumphouse/client';
import type { PipelineOverviewResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './pipelines.module.css';
import { State } from '../../ui/state.tsx';
import { Time } from '../../ui/time.tsx';
import { runStates } from '../../ui/run-states.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Failure of a pipeline's last run, with a link to the run. */
export function FailedRun({ run }: { run: NonNullable<PipelineOverviewResponse['last_run']> }) {
  const { id: workspaceId } = useWorkspace();
  const { job_run: jobRun } = run;
  return (
    <section className={classes.failed} aria-label="Failure of the last run">
      <p className={classes.failedHead}>
        <State
          look={{
            ...runStates.failed,
            word: `Failed${run.error_step === null ? '' : ` in ${run.error_step}`}`,
          }}
        />{' '}
        <span className="quiet">
          <Time at={run.finished_at ?? run.created_at} />
        </span>{' '}
        <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: jobRun.id }}>
          Open {jobRun.job_ref.replace(/^jobs\./, '')} #{jobRun.number}
        </Link>
      </p>
      <p className={classes.failedReason} title={run.error_message ?? undefined}>
        {run.failure_summary ?? shortenPipelineError(run.error_message)}
      </p>
    </section>
  );
}
