import type { AlertIncidentResponse, RunOverviewResponse } from '@pumphouse/contract';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import classes from './overview.module.css';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionResultLine } from '../jobs/action-result.tsx';
import { describeRow, lineInLog, type FailingJob } from './attention.ts';
import { describeAttention, groupByHolder, type OverdueTick, type StalePipeline } from './long-waits.ts';
import { HeldRunsRow } from './held-runs-row.tsx';
import { IncidentRow, LongWaitRow, OverdueTickRow, StalePipelineRow, UnknownRunRow } from './wait-rows.tsx';
import { Section } from '../../ui/page.tsx';
import { RunDialog } from '../jobs/lazy-run-dialog.tsx';
import { RunOutcomeLine } from '../../details/run-outcome-line.tsx';
import { RunState } from '../../ui/state.tsx';
import { Time } from '../../ui/time.tsx';
import { formatCount } from '../../ui/format.ts';
import { useJobActions } from '../jobs/use-job-actions.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { whyNotStart } from '../jobs/job-rules.ts';
import { shortenJobName } from '../../details/job-name.ts';

/** Maximum rows per kind. */
const maxShown = 5;

interface AttentionProps {
  failing: readonly FailingJob[];
  /** Number of failing jobs as counted by the server; null while unknown. */
  total: number | null;
  /** Active runs that no server can see. */
  unknown: readonly RunOverviewResponse[];
  waits: readonly RunOverviewResponse[];
  overdue: readonly OverdueTick[];
  stale: readonly StalePipeline[];
  incidents: readonly AlertIncidentResponse[];
  /** Whether all data has arrived. Until then the list must not claim that all is well. */
  isWhole: boolean;
}

/**
 * Everything that needs attention: failing jobs with reason and actions, runs that no server can see, long
 * waits, overdue ticks, stale pipelines, and incidents of alert rules such as a load without rows.
 */
export function Attention({
  failing,
  total,
  unknown,
  waits,
  overdue,
  stale,
  incidents,
  isWhole,
}: AttentionProps) {
  const { id: workspaceId } = useWorkspace();
  const { held, others: waitsForOthers } = groupByHolder(waits);
  const count = Math.max(total ?? 0, failing.length);
  const others = unknown.length + waits.length + overdue.length + stale.length + incidents.length;
  if (failing.length + others === 0) {
    if (!isWhole) return null;
    return (
      <p className={classes.allWell}>
        <span aria-hidden="true">✓ </span>No job needs attention
      </p>
    );
  }
  return (
    <Section
      title={describeAttention({
        failing: failing.length === 0 ? 0 : count,
        unknown: unknown.length,
        waiting: waits.length,
        overdue: overdue.length,
        stale: stale.length,
        incidents: incidents.length,
      })}
      aside={
        count > maxShown && (
          <Link
            to="/w/$workspaceId/jobs"
            params={{ workspaceId }}
            search={{ status: ['failed'], sort: '-last_run_at' }}
          >
            View all {formatCount(count)}
          </Link>
        )
      }
    >
      <ul className={classes.rows}>
        {failing.slice(0, maxShown).map((each) => (
          <FailingRow key={each.job.id} failing={each} />
        ))}
        {unknown.slice(0, maxShown).map((run) => (
          <UnknownRunRow key={run.id} run={run} />
        ))}
        {held.slice(0, maxShown).map((group) => (
          <HeldRunsRow key={group.holder.job_run_id} group={group} />
        ))}
        {waitsForOthers.slice(0, maxShown).map((run) => (
          <LongWaitRow key={run.id} run={run} />
        ))}
        {overdue.slice(0, maxShown).map((tick) => (
          <OverdueTickRow key={tick.job.id} tick={tick} />
        ))}
        {stale.slice(0, maxShown).map((row) => (
          <StalePipelineRow key={row.pipeline_name} row={row} />
        ))}
        {incidents.slice(0, maxShown).map((incident) => (
          <IncidentRow key={incident.id} incident={incident} />
        ))}
      </ul>
    </Section>
  );
}

function FailingRow({ failing }: { failing: FailingJob }) {
  const { job, failed } = failing;
  const { id: workspaceId, whyNot } = useWorkspace();
  const navigate = useNavigate();
  const actions = useJobActions(job.id);
  const [isAsking, setIsAsking] = useState(false);
  const params = { workspaceId, jobRunId: failed.id };
  return (
    <li className={classes.failing} data-row>
      <div className={classes.failingText}>
        <div className={classes.failingHead}>
          <RunState status="failed" compact />
          <Link
            to="/w/$workspaceId/jobs/$job"
            params={{ workspaceId, job: job.ref }}
            className={classes.strong}
          >
            {shortenJobName(job.name)}
          </Link>
          <Link to="/w/$workspaceId/runs/$jobRunId" params={params} data-row-link>
            #{failed.number}
          </Link>
          <span className="quiet">
            <FailureTime failing={failing} />
          </span>
        </div>
        <div className={classes.reason}>
          {failed.run !== null && <RunOutcomeLine run={failed.run} />}
          <SinceFailure failing={failing} />
        </div>
        {actions.result !== null && <ActionResultLine result={actions.result} onPutAway={actions.putAway} />}
      </div>
      <div className={classes.failingActions}>
        <ActionButton onClick={() => void navigate({ to: '/w/$workspaceId/runs/$jobRunId', params })}>
          View failure
        </ActionButton>
        <ActionButton
          whyNot={whyNot('job-run.start') ?? whyNotStart(job)}
          loading={actions.start.isPending}
          onClick={() => setIsAsking(true)}
        >
          Run again
        </ActionButton>
        <ActionButton
          onClick={() =>
            void navigate({
              to: '/w/$workspaceId/runs/$jobRunId',
              params,
              search: { tab: 'log', find: lineInLog(failed.run) },
            })
          }
        >
          Log
        </ActionButton>
      </div>
      {isAsking && (
        <RunDialog
          job={{ ...job, name: shortenJobName(job.name), hasFreshness: true }}
          actions={actions}
          onClose={() => setIsAsking(false)}
        />
      )}
    </li>
  );
}

/** What happened to the job since: a pause hides no failure. */
function SinceFailure({ failing: { job, failed } }: { failing: FailingJob }) {
  const { last_run: last, paused_at: pausedAt } = job;
  const newer = last !== null && last.id !== failed.id ? last : null;
  return (
    <>
      {job.is_paused && (
        <span className="quiet">
          Paused
          {pausedAt !== null && (
            <>
              {' '}
              since <Time at={pausedAt} />
            </>
          )}
          .
        </span>
      )}
      {newer !== null && (
        <span className="quiet">
          Newer run #{newer.number} is {newer.status}.
        </span>
      )}
    </>
  );
}

function FailureTime({ failing: { failed, count, since } }: { failing: FailingJob }) {
  return (
    <>
      failed <Time at={failed.at} />
      {since !== null && (
        <>
          , {describeRow(count)}, since #{since.number} <Time at={since.at} />
        </>
      )}
    </>
  );
}
