import type { JobRunComparisonResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './compare.module.css';
import table from '../../ui/table.module.css';
import { ClockTime } from '../../ui/time.tsx';
import { areSimilarDurations, describeDelta } from './deltas.ts';
import { DifferentRows, type ComparedRow } from './equal-rows.tsx';
import { formatDuration, formatInstant } from '../../ui/format.ts';
import { phaseLabels, sumPhases } from './phase-shares.ts';
import { RunState } from '../../ui/state.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

type Run = JobRunComparisonResponse['target'];

interface ComparedDetailsProps {
  comparison: JobRunComparisonResponse;
  base: Run;
}

/** Both runs side by side: state, versions and phase durations. */
export function ComparedDetails({ comparison, base }: ComparedDetailsProps) {
  const { id: workspaceId } = useWorkspace();
  const { target } = comparison;
  const rows = [
    ...listStateRows(base, target),
    ...listTextRows(base, target),
    ...listVersionRows(comparison, base, workspaceId),
    ...listDurationRows(base, target),
  ];
  return (
    <section className={classes.surface} aria-label="Both runs">
      <div className={table.scroll}>
        <table className={classes.details}>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Property</span>
              </th>
              {[base, target].map((run) => (
                <th key={run.id} scope="col">
                  <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: run.id }}>
                    #{run.number}
                  </Link>
                </th>
              ))}
              <th scope="col">Difference</th>
            </tr>
          </thead>
          <tbody>
            <DifferentRows rows={rows} columnCount={4} />
          </tbody>
        </table>
      </div>
    </section>
  );
}

function listStateRows(base: Run, target: Run): ComparedRow[] {
  const state = {
    key: 'state',
    isEqual: base.status === target.status,
    row: (
      <Detail
        name="State"
        before={<RunState status={base.status} />}
        after={<RunState status={target.status} />}
      />
    ),
  };
  const created = {
    key: 'created',
    isEqual: false,
    row: (
      <Detail
        name="Created"
        before={<ClockTime at={base.created_at} />}
        after={<ClockTime at={target.created_at} />}
      />
    ),
  };
  return [state, created];
}

function listVersionRows(
  { target, ...comparison }: JobRunComparisonResponse,
  base: Run,
  workspaceId: string,
): ComparedRow[] {
  const codeChanges = comparison.is_code_changed && (
    <Link
      to="/w/$workspaceId/deployments/$deploymentId"
      params={{ workspaceId, deploymentId: target.deployment_id }}
      search={{ base: base.deployment_id }}
    >
      View changes
    </Link>
  );
  const configurationChanges = comparison.is_configuration_changed && (
    <Link
      to="/w/$workspaceId/configurations/$configurationId"
      params={{ workspaceId, configurationId: target.configuration_id }}
      search={{ base: base.configuration_id }}
    >
      View changes
    </Link>
  );
  const versions: [name: string, read: (run: Run) => string, changes: ReactNode][] = [
    ['Code', (run) => `deployment ${run.deployment_version}`, codeChanges],
    ['Configuration', (run) => `configuration ${run.configuration_version}`, configurationChanges],
    ['Job', (run) => `version ${run.job_version}`, comparison.is_job_changed && 'changed, see below'],
  ];
  return versions.map(([name, read, changes]) => ({
    key: name,
    isEqual: !changes,
    row: <Detail name={name} before={read(base)} after={read(target)} difference={changes} />,
  }));
}

function listDurationRows(base: Run, target: Run): ComparedRow[] {
  const [before, after] = [sumPhases(base.phases), sumPhases(target.phases)];
  const phases = Object.entries(phaseLabels).filter(([name]) => before.has(name) || after.has(name));
  return [
    durationRow('Duration', toMs(base), toMs(target)),
    ...phases.map(([name, label]) =>
      durationRow(`– ${label}`, before.get(name) ?? null, after.get(name) ?? null),
    ),
  ];
}

/** Rows that show and compare the same text. */
function listTextRows(base: Run, target: Run): ComparedRow[] {
  const texts: [name: string, read: (run: Run) => string][] = [
    ['Trigger', (run) => run.trigger_text],
    ['Profile', (run) => run.profile],
    ['Refresh', (run) => (run.refresh ? 'yes' : 'no')],
    ['Interval', describeInterval],
    ['Attempts', (run) => String(run.attempt_count)],
  ];
  return texts.map(([name, read]) => {
    const [before, after] = [read(base), read(target)];
    return {
      key: name,
      isEqual: before === after,
      row: <Detail name={name} before={before} after={after} isCompared={name !== 'Interval'} />,
    };
  });
}

function durationRow(name: string, before: number | null, after: number | null): ComparedRow {
  return {
    key: name,
    isEqual: areSimilarDurations(before, after),
    row: <DurationFact name={name} before={before} after={after} />,
  };
}

interface FactProps {
  name: string;
  before: ReactNode;
  after: ReactNode;
  /** Marks the row if the values differ. */
  isCompared?: boolean;
  difference?: ReactNode;
}

function Detail({ name, before, after, isCompared = false, difference }: FactProps) {
  const isDifferent = isCompared && before !== after;
  return (
    <tr data-different={isDifferent || Boolean(difference) || undefined}>
      <th scope="row">{name}</th>
      <td>{before}</td>
      <td>{after}</td>
      <td>{difference || (isDifferent ? 'changed' : null)}</td>
    </tr>
  );
}

function DurationFact({
  name,
  before,
  after,
}: {
  name: string;
  before: number | null;
  after: number | null;
}) {
  const delta = describeDelta(before, after, formatMs);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className={classes.figure}>{before === null ? '–' : formatMs(before)}</td>
      <td className={classes.figure}>{after === null ? '–' : formatMs(after)}</td>
      <td className={classes.figure}>{delta?.text}</td>
    </tr>
  );
}

const formatMs = (durationMs: number) => formatDuration(durationMs / 1000);
const toMs = ({ duration_seconds: seconds }: Run) => (seconds === null ? null : Math.round(seconds * 1000));

function describeInterval({ interval_start: start, interval_end: end }: Run): string {
  if (start === null || end === null || start === end) return '–';
  return `${formatInstant(new Date(start))} – ${formatInstant(new Date(end))}`;
}
