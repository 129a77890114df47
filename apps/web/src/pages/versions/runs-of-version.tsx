import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Empty } from '../../ui/answers.tsx';
import { Section } from '../../ui/page.tsx';
import { RunState } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { runsOfVersion, type VersionKind } from './version-queries.ts';
import { formatLast } from '../../ui/format.ts';

interface RunsOfVersionProps {
  kind: VersionKind;
  version: { id: string; created_at: string };
  /** Creation time of the next version; undefined for the latest. */
  nextAt: string | undefined;
}

/** The last runs of a version. */
export function RunsOfVersion({ kind, version, nextAt }: RunsOfVersionProps) {
  const { id } = useWorkspace();
  const { data } = useQuery(runsOfVersion(id, kind, { version, nextAt }));
  const runs = data?.items ?? [];
  return (
    <Section title="Runs with this version">
      {data && runs.length === 0 && <Empty title="No runs with this version" />}
      {runs.length > 0 && (
        <div className={table.scroll}>
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">State</th>
                <th scope="col">Created</th>
                <th scope="col">Profile</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <tr key={run.id}>
                  <td data-wide="true">
                    <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId: id, jobRunId: run.id }}>
                      {run.job_name} #{run.number}
                    </Link>
                  </td>
                  <td>
                    <RunState status={run.status} />
                  </td>
                  <td>
                    <Time at={run.created_at} />
                  </td>
                  <td>{run.profile}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {data?.next_cursor != null && (
        <p className="quiet" style={{ padding: '0 0.85rem' }}>
          {formatLast(runs.length, 'run')}. See the Runs page for earlier runs.
        </p>
      )}
    </Section>
  );
}
