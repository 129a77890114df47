import type { PendingPackageResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { formatNoun } from '../../ui/format.ts';
import { PendingNotices } from './pending-notice.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface PendingOfRunProps {
  jobRunId: string;
  packages: readonly PendingPackageResponse[];
}

/** What a run left unfinished, and who finished it; and what it finished of earlier runs. */
export default function PendingOfRun({ jobRunId, packages }: PendingOfRunProps) {
  const own = packages.filter((each) => each.extracted_by?.id === jobRunId);
  const finished = packages.filter((each) => each.state === 'finished' && each.ended_by?.id === jobRunId);
  const finishers = uniqueRuns(own.filter(({ state }) => state === 'finished').map((each) => each.ended_by));
  return (
    <>
      <PendingNotices packages={own} />
      {finishers.map((run) => (
        <p key={run.id} className="quiet">
          The load packages that this run left were finished by <RunName run={run} />.
        </p>
      ))}
      {finished.length > 0 && (
        <p className="quiet">
          This run finished {formatNoun(finished.length, 'load package')} extracted by{' '}
          {uniqueRuns(finished.map((each) => each.extracted_by)).map((run, index) => (
            <span key={run.id}>
              {index > 0 && ', '}
              <RunName run={run} />
            </span>
          ))}
          .
        </p>
      )}
    </>
  );
}

type Run = NonNullable<PendingPackageResponse['extracted_by']>;

function uniqueRuns(runs: (Run | null)[]): Run[] {
  return [...new Map(runs.flatMap((run) => (run ? [[run.id, run] as const] : []))).values()];
}

function RunName({ run }: { run: Run }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: run.id }}>
      {run.job_ref?.replace(/^jobs\./, '') ?? 'run'} #{run.number}
    </Link>
  );
}
