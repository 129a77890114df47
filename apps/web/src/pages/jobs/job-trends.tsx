import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import classes from './job.module.css';
import { LoadingSpace } from '../../ui/answers.tsx';
import { Strip } from '../../ui/page.tsx';
import { toDurationTrend, toRowsTrend } from './job-trend.ts';
import { TrendChart } from '../../charts/trend-chart.tsx';
import { trendOfJob } from './job-queries.ts';
import { useJob } from './use-job.ts';
import { useNow } from '../../ui/time.tsx';
import { formatLast } from '../../ui/format.ts';

const daySeconds = 86_400;
const heightPx = 64;

/** Runs without which there is no trend. */
const minRuns = 2;

/**
 * Charts of the duration and rows of a job's last runs. Each bar links to its run.
 * @param listedRunCount the finished runs of the list below, which shows whether to keep a place for the charts
 */
export function JobTrends({ listedRunCount }: { listedRunCount: number }) {
  const { workspaceId, jobId } = useJob();
  const navigate = useNavigate();
  const { data } = useQuery(trendOfJob(workspaceId, jobId));
  const nowMs = useNow(daySeconds);
  const trends = useMemo(() => {
    const runs = data?.runs ?? [];
    const now = new Date(nowMs);
    return { duration: toDurationTrend(runs, now), rows: toRowsTrend(runs, now) };
  }, [data, nowMs]);
  const openRun = (index: number) => {
    const run = data?.runs[index];
    if (run)
      void navigate({ to: '/w/$workspaceId/runs/$jobRunId', params: { workspaceId, jobRunId: run.id } });
  };
  if ((data?.runs.length ?? listedRunCount) < minRuns) return null;
  if (data === undefined) return <LoadingSpace height={`calc(${heightPx}px + 1.25rem)`} />;
  const hasRows = data.runs.some(({ rows_loaded: rows }) => rows !== null && rows > 0);
  return (
    <Strip label={formatLast(data.runs.length, 'finished run')}>
      <div className={classes.trends}>
        <TrendChart title="Duration" trend={trends.duration} heightPx={heightPx} onPick={openRun} />
        {hasRows && (
          <TrendChart title="Rows loaded" trend={trends.rows} heightPx={heightPx} onPick={openRun} />
        )}
      </div>
    </Strip>
  );
}
