import type { RunPhaseResponse } from '@pumphouse/contract';
import classes from './run.module.css';
import { formatDuration } from '../../ui/format.ts';
import { phaseLabels, sharePhases, type PhaseShare } from './phase-shares.ts';
import { stateAppearance } from '../../ui/run-states.ts';
import { useNow } from '../../ui/time.tsx';

interface PhaseBarProps {
  phases: readonly RunPhaseResponse[];
  /** State of the run, which colours the running phase. */
  status: string;
}

/** Phases of a run as a bar and a list with durations. */
export function PhaseBar({ phases, status }: PhaseBarProps) {
  const shares = useShares(phases);
  const attemptCount = Math.max(...shares.map(({ attempt }) => attempt));
  return (
    <section className={classes.phases} aria-label="Phases">
      <div className={classes.bar} aria-hidden="true">
        {shares.map((phase, index) => (
          <span
            key={index}
            className={classes.segment}
            data-phase={phase.name}
            data-colour={
              phase.name === 'running' && phase.attempt === attemptCount
                ? stateAppearance(status).colour
                : undefined
            }
            data-on={phase.isOn || undefined}
            style={{ flexGrow: phase.share }}
            title={describe(phase, attemptCount)}
          />
        ))}
      </div>
      <ol className={classes.legend}>
        {shares.map((phase, index) => (
          <li key={index} data-phase={phase.name}>
            {phase.name === 'queued' && attemptCount > 1 && (
              <span className="quiet">Attempt {phase.attempt}: </span>
            )}
            <span className={classes.swatch} data-phase={phase.name} aria-hidden="true" />
            {phaseLabels[phase.name] ?? phase.name}{' '}
            <strong className="number">{formatDuration(phase.durationMs / 1000)}</strong>
            {phase.isOn && <span className="quiet"> so far</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Updates every second while a phase is in progress. */
function useShares(phases: readonly RunPhaseResponse[]): PhaseShare[] {
  const isOn = phases.some(({ finished_at: finishedAt }) => finishedAt === null);
  const nowMs = useNow(isOn ? 1 : 3600);
  return sharePhases(phases, nowMs).map((phase) =>
    phase.isOn ? { ...phase, durationMs: Math.floor(phase.durationMs / 1000) * 1000 } : phase,
  );
}

function describe({ name, attempt, durationMs }: PhaseShare, attemptCount: number): string {
  const text = `${phaseLabels[name] ?? name} ${formatDuration(durationMs / 1000)}`;
  return attemptCount > 1 ? `${text}, attempt ${attempt}` : text;
}
