import type { RunSeriesResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './overview.module.css';
import { choiceLink } from '../../ui/choice-link.ts';
import { ErrorNotice } from '../../ui/answers.tsx';
import { formatCount } from '../../ui/format.ts';
import { runStates } from '../../ui/run-states.ts';
import { RunStrip } from './run-strip.tsx';
import { seriesWindows, type SeriesWindow } from './series-window.ts';
import { State } from '../../ui/state.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface RunSummaryProps {
  series: RunSeriesResponse | undefined;
  error: Error | null;
  window: SeriesWindow;
}

const ended = ['completed', 'failed', 'cancelled', 'skipped'] as const;

/** Runs of a time window: totals by state in one line, and their distribution. */
export function RunSummary({ series, error, window }: RunSummaryProps) {
  const { id: workspaceId } = useWorkspace();
  const text = seriesWindows.find(({ value }) => value === window)?.text ?? '';
  return (
    <section className={classes.summary} aria-label={`Runs in the ${text}`}>
      <div className={classes.summaryLine}>
        <h2 className={classes.summaryTitle}>Runs in the {text}</h2>
        {series !== undefined && (
          <>
            {ended.map((status) => (
              <Link
                key={status}
                to="/w/$workspaceId/runs"
                params={{ workspaceId }}
                search={{ status: [status], from: series.buckets[0]?.start }}
                className={classes.count}
                data-zero={series.total[status] === 0}
              >
                <State
                  look={{
                    ...runStates[status],
                    word: `${formatCount(series.total[status])} ${runStates[status].word.toLowerCase()}`,
                  }}
                />
              </Link>
            ))}
            <span className="quiet">
              now: {formatCount(series.now.running)} running, {formatCount(series.now.pending)} pending
            </span>
          </>
        )}
        <nav className={classes.windows} aria-label="Time range">
          {seriesWindows.map(({ value, label }) => (
            <Link
              key={value}
              {...choiceLink(value === window)}
              search={{ window: value === '24h' ? undefined : value }}
              className={classes.window}
            >
              {label}
            </Link>
          ))}
        </nav>
      </div>
      {error !== null && <ErrorNotice error={error} />}
      <div className={classes.stripArea}>
        {series !== undefined && <RunStrip series={series} text={text} />}
      </div>
    </section>
  );
}
