import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { operation } from '../../api/operation.ts';
import { Empty } from '../../ui/answers.tsx';
import { Section } from '../../ui/page.tsx';
import { RunState } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import type { VersionKind } from './version-queries.ts';
import { formatLast } from '../../ui/format.ts';

interface RunsOfVersionProps {
  kind: VersionKind;
  version: { id: string; created_at: string };
  /** Creation time of the next version; undefined for the latest. */
  nextAt: string | undefined;
}

const shown = 20;

/**
 * End of the time range of the query. Runs use the latest version, but a run that is created while the next
 * version arrives may keep the older one and be stored a moment later.
 */
function endAfter(nextAt: string): string {
  return new Date(Date.parse(nextAt) + 60_000).toISOString();
}

/** The last runs of a version. The time range keeps the server from scanning all newer runs. */
export function RunsOfVersion({ kind, version, nextAt }: RunsOfVersionProps) {
  const { id, params } = useWorkspace();
  const { data } = useQuery(
    operation('list_run_overviews', {
      params,
      query: {
        ...(kind === 'deployment_id' ? { deployment_id: version.id } : { configuration_id: version.id }),
        start: version.created_at,
        ...(nextAt !== undefined && { end: endAfter(nextAt) }),
        include_skipped: false,
        limit: shown,
      },
    }),
  );
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
