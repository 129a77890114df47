import type { JobRunComparisonResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './compare.module.css';
import table from '../../ui/table.module.css';
import { ClockTime } from '../../ui/time.tsx';
import { describeDelta } from './deltas.ts';
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
  const [phasesBefore, phasesAfter] = [sumPhases(base.phases), sumPhases(target.phases)];
  const phases = Object.keys(phaseLabels).filter((name) => phasesBefore.has(name) || phasesAfter.has(name));
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
            <Detail
              name="State"
              before={<RunState status={base.status} />}
              after={<RunState status={target.status} />}
            />
            <Detail
              name="Created"
              before={<ClockTime at={base.created_at} />}
              after={<ClockTime at={target.created_at} />}
            />
            <Detail name="Trigger" before={base.trigger_text} after={target.trigger_text} isCompared />
            <Detail name="Profile" before={base.profile} after={target.profile} isCompared />
            <Detail
              name="Refresh"
              before={base.refresh ? 'yes' : 'no'}
              after={target.refresh ? 'yes' : 'no'}
              isCompared
            />
            <Detail name="Interval" before={describeInterval(base)} after={describeInterval(target)} />
            <Detail
              name="Code"
              before={`deployment ${base.deployment_version}`}
              after={`deployment ${target.deployment_version}`}
              difference={
                comparison.is_code_changed && (
                  <Link
                    to="/w/$workspaceId/deployments/$deploymentId"
                    params={{ workspaceId, deploymentId: target.deployment_id }}
                    search={{ base: base.deployment_id }}
                  >
                    View changes
                  </Link>
                )
              }
            />
            <Detail
              name="Configuration"
              before={`configuration ${base.configuration_version}`}
              after={`configuration ${target.configuration_version}`}
              difference={
                comparison.is_configuration_changed && (
                  <Link
                    to="/w/$workspaceId/configurations/$configurationId"
                    params={{ workspaceId, configurationId: target.configuration_id }}
                    search={{ base: base.configuration_id }}
                  >
                    View changes
                  </Link>
                )
              }
            />
            <Detail
              name="Job"
              before={`version ${base.job_version}`}
              after={`version ${target.job_version}`}
              difference={comparison.is_job_changed && 'changed, see below'}
            />
            <Detail name="Attempts" before={base.attempt_count} after={target.attempt_count} isCompared />
            <DurationFact name="Duration" before={toMs(base)} after={toMs(target)} />
            {phases.map((name) => (
              <DurationFact
                key={name}
                name={`– ${phaseLabels[name] ?? name}`}
                before={phasesBefore.get(name) ?? null}
                after={phasesAfter.get(name) ?? null}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
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
