import { Link } from '@tanstack/react-router';
import classes from './run-bars.module.css';
import { formatDuration } from './format.ts';
import { stateLook } from './run-states.ts';

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
 * The last runs of a job, oldest first: the height is the duration beside the longest of them, and the colour with its pattern is the state.
 * Each bar leads to its run.
 */
export function RunBars({ workspaceId, runs }: { workspaceId: string; runs: readonly BarOfRun[] }) {
  const longest = Math.max(1, ...runs.map((run) => run.duration_seconds ?? 0));
  return (
    <span className={classes.bars} role="group" aria-label={`Last ${runs.length} runs`}>
      {runs.map((run) => (
        <Bar key={run.id} workspaceId={workspaceId} run={run} share={(run.duration_seconds ?? 0) / longest} />
      ))}
    </span>
  );
}

function Bar({ workspaceId, run, share }: { workspaceId: string; run: BarOfRun; share: number }) {
  const { word, colour, glyph } = stateLook(run.status);
  const duration = run.duration_seconds == null ? '' : `, ${formatDuration(run.duration_seconds)}`;
  const label = `#${run.number} ${word}${duration}`;
  return (
    <Link
      to="/w/$workspaceId/runs/$jobRunId"
      params={{ workspaceId, jobRunId: run.id }}
      className={classes.bar}
      data-colour={colour}
      aria-label={label}
      title={label}
    >
      <svg width="7" height={height} aria-hidden="true">
        <rect
          x="0.5"
          width="6"
          y={height - barHeight(share)}
          height={barHeight(share)}
          rx="1"
          className={classes.fill}
        />
        {colour === 'failed' && (
          <text x="3.5" y={height - barHeight(share) - 2} textAnchor="middle" className={classes.glyph}>
            {glyph}
          </text>
        )}
      </svg>
    </Link>
  );
}

/** Room is left above a bar for the glyph of a failure. */
function barHeight(share: number): number {
  return smallest + share * (height - smallest - 8);
}
