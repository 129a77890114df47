import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import classes from './timeline.module.css';
import type { Target } from './plot-layout.ts';
import { describeOutcome } from '../../../details/run-outcome.ts';
import { describeTarget } from './bar-texts.ts';
import { operation } from '../../../api/operation.ts';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

/** What the pointer is at, and where it is in the window. */
export interface TipPosition {
  target: Target;
  x: number;
  y: number;
}

interface TargetTipProps {
  place: TipPosition;
  nowMs: number;
  jobName: string;
}

const tipWidthPx = 320;

/** A tooltip: times, waits and retries at once, and the result of the run as soon as it is fetched. */
export function TargetTip({ place, nowMs, jobName }: TargetTipProps) {
  const { target, x, y } = place;
  const { title, lines } = describeTarget(target, nowMs, jobName);
  const outcome = useOutcome(target.kind === 'bar' && target.bar.skip === null ? target.bar.id : null);
  const left = Math.max(8, Math.min(x + 14, window.innerWidth - tipWidthPx - 12));
  const isLow = y > window.innerHeight - 190;
  return (
    <div
      className={classes.tip}
      role="tooltip"
      style={{ left, ...(isLow ? { bottom: window.innerHeight - y + 14 } : { top: y + 16 }) }}
    >
      <strong data-colour={target.kind === 'bar' ? target.bar.look.colour : undefined}>
        {target.kind === 'bar' && <span aria-hidden="true">{target.bar.look.glyph} </span>}
        {title}
      </strong>
      {lines.map((line) => (
        <span key={line}>{line}</span>
      ))}
      {outcome !== null && !lines.includes(outcome.text) && (
        <span className={classes.outcome}>
          {outcome.codeLocation === null ? outcome.text : `${outcome.text} (${outcome.codeLocation})`}
        </span>
      )}
    </div>
  );
}

const restMs = 120;

/** The result of a run on which the pointer rests: passing over many bars must not fetch each run. */
function useOutcome(runId: string | null) {
  const { params } = useWorkspace();
  const [restingId, setRestingId] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setRestingId(runId), restMs);
    return () => clearTimeout(timer);
  }, [runId]);
  const { data } = useQuery({
    ...operation('get_run_overview', { params: { ...params, job_run_id: restingId ?? '' } }),
    enabled: restingId !== null,
  });
  if (data?.id !== runId || runId === null || data === undefined) return null;
  const outcome = describeOutcome(data);
  return outcome.text === '' ? null : outcome;
}
