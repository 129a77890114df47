import type { PendingPackageResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import table from '../../ui/table.module.css';
import { formatBytes } from '../../ui/format.ts';
import { Time } from '../../ui/time.tsx';
import { describeTables } from './pending-rows.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

const steps: Record<string, string> = {
  extracted: 'Extracted',
  normalized: 'Normalized',
  partly_loaded: 'Partly loaded',
};
const states: Record<string, string> = {
  pending: 'Pending',
  finished: 'Finished',
  dropped: 'Dropped',
  gone: 'No longer there',
};

/** Load packages that a run left, and what became of them. */
export function PendingTable({ packages }: { packages: readonly PendingPackageResponse[] }) {
  return (
    <div className={table.scroll}>
      <table className={table.table} aria-label="Pending load packages">
        <thead>
          <tr>
            <th scope="col">Load ID</th>
            <th scope="col">State</th>
            <th scope="col">Step</th>
            <th scope="col">Extracted</th>
            <th scope="col">Tables</th>
            <th scope="col" className="number">
              Jobs left
            </th>
            <th scope="col" className="number">
              Bytes
            </th>
          </tr>
        </thead>
        <tbody>
          {packages.map((each) => (
            <tr key={each.id}>
              <td className="mono">{each.load_id}</td>
              <td data-label="State">
                {each.state === 'pending' && each.drop_requested_at !== null
                  ? 'Dropped by the next run'
                  : (states[each.state] ?? each.state)}{' '}
                <RunLink run={each.ended_by} before="by" />
              </td>
              <td data-label="Step">{steps[each.step] ?? each.step}</td>
              <td data-label="Extracted">
                <Time at={each.created_at} /> <RunLink run={each.extracted_by} before="by" />
              </td>
              <td data-label="Tables">{describeTables([each])}</td>
              <td className="number" data-label="Jobs left">
                {each.jobs_left}
              </td>
              <td className="number" data-label="Bytes">
                {formatBytes(each.size_bytes)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RunLink({ run, before }: { run: PendingPackageResponse['extracted_by']; before: string }) {
  const { id: workspaceId } = useWorkspace();
  if (run === null) return null;
  const name = run.job_ref?.replace(/^jobs\./, '') ?? 'run';
  return (
    <>
      {before}{' '}
      <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: run.id }}>
        {name} #{run.number}
      </Link>
    </>
  );
}
