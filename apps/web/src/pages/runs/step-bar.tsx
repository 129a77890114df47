import type { PipelineRunOfJobRun } from '@pumphouse/contract';
import classes from './run.module.css';
import { formatDuration } from '../../ui/format.ts';
import { shareSteps, type StepShare } from './pipeline-run-details.ts';

interface StepBarProps {
  steps: PipelineRunOfJobRun['steps'];
  /** Whether to label the steps below the bar. */
  isNamed?: boolean;
}

/** Share of extract, normalize and load in the duration of a pipeline run. */
export function StepBar({ steps, isNamed = false }: StepBarProps) {
  const shares = shareSteps(steps);
  if (shares.length === 0) return null;
  return (
    <span className={isNamed ? classes.namedSteps : undefined}>
      <span className={classes.steps} role="img" aria-label={shares.map(describe).join(', ')}>
        {shares.map((each) => (
          <span
            key={each.step}
            className={classes.step}
            data-step={each.step}
            data-failed={each.failed || undefined}
            style={{ flexGrow: each.share }}
            title={describe(each)}
          />
        ))}
      </span>
      {isNamed && (
        <span className={classes.stepText}>
          {shares.map((each) => (
            <span key={each.step} data-failed={each.failed || undefined}>
              <span className={classes.swatch} data-step={each.step} aria-hidden="true" />
              {describe(each)}
            </span>
          ))}
        </span>
      )}
    </span>
  );
}

function describe({ step, durationMs, failed }: StepShare): string {
  const duration = durationMs === null ? '' : ` ${formatDuration(durationMs / 1000)}`;
  return `${step}${duration}${failed ? ', failed' : ''}`;
}
