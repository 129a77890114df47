import type { PipelineOverviewResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './pipelines.module.css';
import { CheckResult } from './check-result.tsx';
import { describeOldFigures } from '../../details/freshness.ts';
import { ClockTime, Time, useNow } from '../../ui/time.tsx';
import { FailedRun } from './failed-run.tsx';
import { formatDuration, formatNoun } from '../../ui/format.ts';
import { DetailLine } from '../../ui/page.tsx';
import { FreshnessState } from '../../details/freshness-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { pendingOfPipeline } from './pending-queries.ts';
import { PendingNotices } from './pending-notice.tsx';
import { PipelineRunState } from '../../ui/state.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Target dataset, freshness and last run of a pipeline, in a line. */
export function PipelineLead({ overview }: { overview: PipelineOverviewResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { dataset_name: datasetName, destination_name: destination, destination_type: type } = overview;
  const kind = type?.replace(/^dlt\.destinations\./, '') ?? null;
  return (
    <div className={classes.lead}>
      {datasetName === null ? (
        <span>no loads yet</span>
      ) : (
        <span>
          loads into{' '}
          <Link to="/w/$workspaceId/datasets/$datasetName" params={{ workspaceId, datasetName }}>
            {datasetName}
          </Link>
          {destination !== null && <> in {destination}</>}
          {kind !== null && kind !== destination && <> ({kind})</>}
        </span>
      )}
      <FreshnessState freshness={overview.freshness} />
      <span>{formatNoun(overview.schema_change_count_30_days, 'schema change')} in 30 days</span>
      <DetailLine items={listDetails(overview)} />
    </div>
  );
}

function listDetails({ last_run: last, freshness }: PipelineOverviewResponse) {
  const everySeconds = freshness.expected_every_seconds;
  const staleWord = freshness.is_stale ? 'Stale since' : 'Stale after';
  return [
    ['Last run', last === null ? 'No stored runs' : <LastRunFact key="run" run={last} />],
    ...(last === null || last.check_status === null
      ? []
      : [['Checks', <CheckOfRun key="checks" run={last} status={last.check_status} />] as const]),
    ['Schedule', everySeconds === null ? 'Not scheduled' : `Every ${formatDuration(everySeconds)}`],
    ...(freshness.stale_at === null
      ? []
      : [[staleWord, <ClockTime key="stale" at={freshness.stale_at} />] as const]),
  ] as const;
}

/** What needs attention on the pipeline page: a failure, pending packages, outdated figures. */
export function PipelineNotices({ overview }: { overview: PipelineOverviewResponse }) {
  const { last_run: last, freshness } = overview;
  const { id: workspaceId } = useWorkspace();
  const { data: pending } = useQuery(pendingOfPipeline(workspaceId, overview.pipeline_name));
  const now = new Date(useNow(60));
  const old = describeOldFigures(last?.created_at, freshness.expected_every_seconds, now);
  return (
    <>
      {last?.status === 'failed' && <FailedRun run={last} />}
      <PendingNotices packages={pending?.packages ?? []} />
      {old !== null && <Notice>{old}</Notice>}
    </>
  );
}

interface OfRunProps {
  run: NonNullable<PipelineOverviewResponse['last_run']>;
}

function CheckOfRun({ run, status }: OfRunProps & { status: string }) {
  return (
    <>
      <CheckResult status={status} /> in <RunLink run={run}>run</RunLink>
    </>
  );
}

function LastRunFact({ run }: OfRunProps) {
  return (
    <>
      <PipelineRunState status={run.status} /> <Time at={run.finished_at ?? run.created_at} /> in{' '}
      <RunLink run={run}>{run.job_run.job_ref.replace(/^jobs\./, '')}</RunLink>
    </>
  );
}

/** A link to the job run, named by `children` and its number. */
function RunLink({ run: { job_run: jobRun }, children }: OfRunProps & { children: string }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <Link
      to="/w/$workspaceId/runs/$jobRunId"
      params={{ workspaceId, jobRunId: jobRun.id }}
      className={classes.inText}
    >
      {children} #{jobRun.number}
    </Link>
  );
}
