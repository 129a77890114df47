import { useRouter } from '@tanstack/react-router';
import type { MouseEvent, MouseEventHandler } from 'react';
import { basePath } from '../api/base-url.ts';
import classes from './run-bars.module.css';
import { formatDuration, formatLast } from './format.ts';
import { stateAppearance } from './run-states.ts';

/** A run as a bar. */
export interface BarOfRun {
  id: string;
  number: number;
  status: string;
  duration_seconds?: number | null | undefined;
}

const height = 22;
const smallest = 5;

/**
 * The last runs of a job as bars, oldest first. The height is the duration relative to the longest run;
 * colour and pattern show the state. Each bar links to its run. The bars are plain links with one shared
 * handler, since a page may have a thousand of them and each `Link` of the router subscribes to the router's
 * state.
 */
export function RunBars({ workspaceId, runs }: { workspaceId: string; runs: readonly BarOfRun[] }) {
  const router = useRouter();
  const longest = Math.max(1, ...runs.map((run) => run.duration_seconds ?? 0));
  const open = (event: MouseEvent<HTMLAnchorElement>) => {
    const { run: jobRunId = '' } = event.currentTarget.dataset;
    if (opensElsewhere(event)) return;
    event.preventDefault();
    void router.navigate({ to: '/w/$workspaceId/runs/$jobRunId', params: { workspaceId, jobRunId } });
  };
  return (
    <span className={classes.bars} role="group" aria-label={formatLast(runs.length, 'run')}>
      {runs.map((run) => (
        <Bar
          key={run.id}
          workspaceId={workspaceId}
          run={run}
          share={(run.duration_seconds ?? 0) / longest}
          onOpen={open}
        />
      ))}
    </span>
  );
}

/** True for a click that opens a link in a new tab or window. */
function opensElsewhere(event: MouseEvent): boolean {
  return event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
}

interface BarProps {
  workspaceId: string;
  run: BarOfRun;
  share: number;
  onOpen: MouseEventHandler<HTMLAnchorElement>;
}

function Bar({ workspaceId, run, share, onOpen }: BarProps) {
  const { word, colour, glyph } = stateAppearance(run.status);
  const duration = run.duration_seconds == null ? '' : `, ${formatDuration(run.duration_seconds)}`;
  const label = `#${run.number} ${word}${duration}`;
  const top = height - barHeight(share);
  return (
    <a
      href={`${basePath}w/${workspaceId}/runs/${run.id}`}
      className={classes.bar}
      data-run={run.id}
      onClick={onOpen}
      data-colour={colour}
      aria-label={label}
      title={label}
    >
      <svg width="7" height={height} aria-hidden="true">
        <rect x="0.5" width="6" y={top} height={barHeight(share)} rx="1" className={classes.fill} />
        {colour === 'failed' && (
          <text x="3.5" y={top - 2} textAnchor="middle" className={classes.glyph}>
            {glyph}
          </text>
        )}
      </svg>
    </a>
  );
}

/** Leaves room above the bar for the failure glyph. */
function barHeight(share: number): number {
  return smallest + share * (height - smallest - 8);
}
