import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useDebouncedCallback } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import classes from './timeline.module.css';
import { BrushBar } from './brush-bar.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../../ui/answers.tsx';
import { formatNoun } from '../../../ui/format.ts';
import { toViewSearch, viewOfSearch, type TimelineSearch } from './timeline-search.ts';
import { listRows, suggestGrouping } from './timeline-rows.ts';
import { Page } from '../../../ui/page.tsx';
import { readTimeline } from './timeline-bars.ts';
import { TimelineChart } from './timeline-chart.tsx';
import { TimelineControls } from './timeline-controls.tsx';
import { TimelineLegend } from './timeline-legend.tsx';
import { timelineOf } from './timeline-queries.ts';
import { TimelineTable } from './timeline-table.tsx';
import type { TimeView } from './time-view.ts';
import { useNow } from '../../../ui/time.tsx';
import { useOpenBar } from './use-open-bar.ts';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

/** A moved view is written to the URL after this pause. */
const settleMs = 250;
/** Space for the header, the controls and the legend. */
const aroundChartPx = 250;
const minChartPx = 224;

/** The runs and planned ticks of all jobs on a time axis. */
export function TimelinePage() {
  const { id: workspaceId } = useWorkspace();
  const search = useSearch({ from: '/signed-in/w/$workspaceId/timeline' });
  const navigate = useNavigate({ from: '/w/$workspaceId/timeline' });
  const change = (part: TimelineSearch) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true, resetScroll: false });
  const nowMs = useNow(5);
  const [view, move] = useView(search, nowMs, change);
  const [brush, setBrush] = useState<TimeView | null>(null);
  const {
    data: response,
    error,
    isPending,
    refetch,
  } = useQuery({
    ...timelineOf(workspaceId, view),
    placeholderData: keepPreviousData,
  });
  const data = useMemo(() => response && readTimeline(response), [response]);
  const grouping = search.group ?? (data ? suggestGrouping(data) : 'none');
  const { q = '', fold, idle } = search;
  const list = useMemo(
    () => data && listRows(data, { grouping, folded: new Set(fold), search: q, showsIdle: idle === true }),
    [data, grouping, fold, q, idle],
  );
  const open = useOpenBar();
  const toggleFold = (label: string) => {
    const folded = new Set(fold);
    if (!folded.delete(label)) folded.add(label);
    change({ fold: folded.size === 0 ? undefined : [...folded] });
  };

  return (
    <Page title="Timeline">
      <TimelineControls
        search={search}
        view={view}
        grouping={grouping}
        rows={list?.rows ?? []}
        onChange={change}
        onMove={move}
      />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {brush && (
        <BrushBar
          range={brush}
          rows={list?.rows ?? []}
          onZoom={() => {
            move(brush);
            setBrush(null);
          }}
          onClear={() => setBrush(null)}
        />
      )}
      {isPending && <LoadingRows count={12} />}
      {data && list && (
        <div className={classes.frame}>
          {list.rows.length === 0 ? (
            <Empty title={q === '' ? 'No runs in this range' : 'No jobs match this search'}>
              {q === '' ? 'Choose a longer range, or show jobs without runs.' : 'Change the search.'}
            </Empty>
          ) : search.table ? (
            <TimelineTable rows={list.rows} jobs={data.jobs} view={view} nowMs={nowMs} />
          ) : (
            <TimelineChart
              label="Timeline"
              rows={list.rows}
              jobs={data.jobs}
              view={view}
              nowMs={nowMs}
              maxHeightPx={Math.max(minChartPx, window.innerHeight - aroundChartPx)}
              brush={brush}
              onView={move}
              onBrush={setBrush}
              onFold={toggleFold}
              onOpen={open}
            />
          )}
        </div>
      )}
      {data && list && (
        <footer className={classes.footer}>
          <TimelineLegend isCounted={data.isCounted} />
          {data.isCounted && <p>Too many runs to show each: counts by time. Zoom in for single runs.</p>}
          {data.ticksUntilMs !== null && <p>Planned ticks of frequent schedules are shown in part.</p>}
          {data.hasMoreJobs && <p>Only the first {data.jobs.length} jobs are shown.</p>}
          {(list.idleCount > 0 || idle) && (
            <button
              type="button"
              className="text-button"
              onClick={() => change({ idle: idle ? undefined : true })}
            >
              {idle
                ? 'Hide jobs without runs in this range'
                : `Show ${formatNoun(list.idleCount, 'job')} without runs in this range`}
            </button>
          )}
        </footer>
      )}
    </Page>
  );
}

/**
 * The view, which moves at once and is written to the URL when it rests. A moved view counts until the URL
 * changes, so that the plot does not jump back while the router navigates.
 */
function useView(
  search: TimelineSearch,
  nowMs: number,
  change: (part: TimelineSearch) => void,
): [TimeView, (view: TimeView) => void] {
  const url = [search.range, search.from, search.to].join(' ');
  const [moved, setMoved] = useState<{ view: TimeView; url: string } | null>(null);
  const settle = useDebouncedCallback((view: TimeView) => change(toViewSearch(view)), settleMs);
  const move = (view: TimeView) => {
    setMoved({ view, url });
    settle(view);
  };
  return [moved?.url === url ? moved.view : viewOfSearch(search, nowMs), move];
}
