import { Link } from '@tanstack/react-router';
import classes from './overview.module.css';
import type { OverdueTick, StalePipeline } from './long-waits.ts';
import type { AlertIncidentResponse, RunOverviewResponse } from '@pumphouse/contract';
import type { ReactNode } from 'react';
import { FreshnessState } from '../../details/freshness-state.tsx';
import { IncidentActions, IncidentTitle } from '../alerts/incident-rows.tsx';
import { RunOutcomeLine } from '../../details/run-outcome-line.tsx';
import { RunState, State } from '../../ui/state.tsx';
import { runStates } from '../../ui/run-states.ts';
import { Severity } from '../alerts/severity.tsx';
import { shortenJobName } from '../../details/job-name.ts';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** A row with a state, and actions if there are any. */
export function AttentionRow({
  head,
  actions,
  children,
}: {
  head: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <li className={classes.waiting} data-row>
      <div className={classes.failingText}>
        <div className={classes.failingHead}>{head}</div>
        <div className={classes.reason}>{children}</div>
      </div>
      {actions}
    </li>
  );
}

function RunRow({ run, children }: { run: RunOverviewResponse; children: ReactNode }) {
  const { id: workspaceId } = useWorkspace();
  const head = (
    <>
      <RunState status={run.status} compact />
      <Link
        to="/w/$workspaceId/jobs/$job"
        params={{ workspaceId, job: run.job_ref }}
        className={classes.strong}
      >
        {shortenJobName(run.job_name)}
      </Link>
      <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: run.id }} data-row-link>
        #{run.number}
      </Link>
      <span className="quiet">{children}</span>
    </>
  );
  return (
    <AttentionRow head={head}>
      <RunOutcomeLine run={run} />
    </AttentionRow>
  );
}

/** A run that should have started, with its wait reason. */
export function LongWaitRow({ run }: { run: RunOverviewResponse }) {
  return (
    <RunRow run={run}>
      created <Time at={run.created_at} />, not started yet
    </RunRow>
  );
}

/** An active run that no server can see. */
export function UnknownRunRow({ run }: { run: RunOverviewResponse }) {
  return (
    <RunRow run={run}>
      unknown{' '}
      {run.unknown !== null && (
        <>
          since <Time at={run.unknown.since} />
        </>
      )}
    </RunRow>
  );
}

/** A job whose tick has passed without a start or a skip. */
export function OverdueTickRow({ tick: { job, at } }: { tick: OverdueTick }) {
  const { id: workspaceId } = useWorkspace();
  const head = (
    <>
      <State look={{ ...runStates.pending, word: 'Late' }} />
      <Link
        to="/w/$workspaceId/jobs/$job"
        params={{ workspaceId, job: job.ref }}
        className={classes.strong}
        data-row-link
      >
        {shortenJobName(job.name)}
      </Link>
      <span className="quiet">
        was due <Time at={at} />
      </span>
    </>
  );
  return (
    <AttentionRow head={head}>
      <span className="quiet">No server with the role scheduler has handled this tick.</span>
    </AttentionRow>
  );
}

/** A pipeline with stale data. */
export function StalePipelineRow({ row }: { row: StalePipeline }) {
  const { id: workspaceId } = useWorkspace();
  const { pipeline_name: pipelineName, freshness } = row;
  const head = (
    <>
      <FreshnessState freshness={freshness} />
      <Link
        to="/w/$workspaceId/pipelines/$pipelineName"
        params={{ workspaceId, pipelineName }}
        className={classes.strong}
        data-row-link
      >
        {pipelineName}
      </Link>
    </>
  );
  return (
    <AttentionRow head={head}>
      <span className="quiet">{freshness.detail}</span>
    </AttentionRow>
  );
}

/** An incident of an alert rule: what it found, and buttons to acknowledge or snooze it. */
export function IncidentRow({ incident }: { incident: AlertIncidentResponse }) {
  const head = (
    <>
      <Severity severity={incident.severity} />
      <span className={classes.strong}>
        <IncidentTitle incident={incident} />
      </span>
      <span className="quiet">
        <Time at={incident.last_at} />
      </span>
    </>
  );
  return (
    <AttentionRow head={head} actions={<IncidentActions incident={incident} />}>
      <span className="quiet">{incident.details[0] ?? incident.rule_name}</span>
    </AttentionRow>
  );
}
