import type { JobRunChangesResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './cause.module.css';
import { CauseParts } from './cause-parts.tsx';
import { describeStreak, isUnchanged, listUnchanged } from './describe-cause.ts';
import { formatNoun } from '../../../ui/format.ts';
import { runChanges, type RunParams } from '../run-queries.ts';
import { Time } from '../../../ui/time.tsx';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

interface CauseCardProps {
  params: RunParams;
  /** The run to compare with; undefined for the last completed one. */
  baseId?: string | undefined;
  /** Whether the page of the card is the comparison, which it does not link then. */
  isInComparison?: boolean;
}

/** Since when the job fails, and what changed since it last completed. Nothing while loading. */
export default function CauseCard({ params, baseId, isInComparison = false }: CauseCardProps) {
  const { data: changes } = useQuery(runChanges(params, baseId));
  if (!changes) return null;
  const { base, target } = changes;
  const streak = baseId === undefined ? describeStreak(changes) : null;
  return (
    <section className={classes.card} aria-label="What changed" data-framed={isInComparison || undefined}>
      <header className={classes.head}>
        <h2 className={classes.title}>{streak ?? `Changes since #${base?.number ?? target.number}`}</h2>
        <FirstFailure changes={changes} />
        {base !== null && !isInComparison && (
          <Link
            to="/w/$workspaceId/runs/$jobRunId/compare"
            params={{ workspaceId: params.workspace_id, jobRunId: params.job_run_id }}
            className={classes.more}
          >
            All differences
          </Link>
        )}
      </header>
      {base !== null && <Changes changes={changes} base={base} />}
    </section>
  );
}

/** Links the run that failed first, because the change that broke the job is before it. */
function FirstFailure({ changes: { failure_streak: streak, target } }: { changes: JobRunChangesResponse }) {
  const { id: workspaceId } = useWorkspace();
  if (streak === null || streak.first.id === target.id) return null;
  return (
    <span>
      first{' '}
      <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: streak.first.id }}>
        #{streak.first.number}
      </Link>
    </span>
  );
}

function Changes({
  changes,
  base,
}: {
  changes: JobRunChangesResponse;
  base: NonNullable<JobRunChangesResponse['base']>;
}) {
  const { id: workspaceId } = useWorkspace();
  const unchanged = listUnchanged(changes);
  const baseLink: ReactNode = (
    <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: base.id }}>
      #{base.number}
    </Link>
  );
  return (
    <>
      <p className={classes.since}>
        {isUnchanged(changes) ? 'Nothing that this job uses changed' : 'Changed'} since {baseLink}
        {base.status === 'completed' && ' completed'}
        {base.finished_at !== null && (
          <>
            {' '}
            <Time at={base.finished_at} />
          </>
        )}
        {isUnchanged(changes) ? '. Check the systems that it reads from and writes to.' : ':'}
      </p>
      <CauseParts changes={changes} base={base} />
      {(unchanged.length > 0 || changes.other_changed_file_count > 0) && (
        <p className={classes.unchanged}>
          {unchanged.length > 0 && `Unchanged: ${unchanged.join(', ')}. `}
          {changes.files_outcome === 'compared' && <OtherFiles changes={changes} base={base} />}
        </p>
      )}
    </>
  );
}

function OtherFiles({
  changes: { other_changed_file_count: count, target },
  base,
}: {
  changes: JobRunChangesResponse;
  base: { deployment_id: string };
}) {
  const { id: workspaceId } = useWorkspace();
  if (count === 0) return null;
  return (
    <Link
      to="/w/$workspaceId/deployments/$deploymentId"
      params={{ workspaceId, deploymentId: target.deployment_id }}
      search={{ base: base.deployment_id }}
    >
      {formatNoun(count, 'changed file')} not imported by this job
    </Link>
  );
}
