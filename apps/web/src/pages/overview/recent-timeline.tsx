import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { compactHeightPx } from '../runs/timeline/plot-sizes.ts';
import { ErrorNotice, LoadingSpace } from '../../ui/answers.tsx';
import { Section } from '../../ui/page.tsx';
import type { SeriesWindow } from './series-window.ts';
import { timelineOf } from '../runs/timeline/timeline-queries.ts';
import { useNow } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { viewOfRange } from '../runs/timeline/time-view.ts';

const CompactTimeline = lazy(() => import('../runs/timeline/compact-timeline.tsx'));

/** The jobs that failed, run or ran last, on a time axis. */
export function RecentTimeline({ window, jobCount }: { window: SeriesWindow; jobCount: number }) {
  const { id: workspaceId } = useWorkspace();
  const nowMs = useNow(10);
  const view = viewOfRange(window, nowMs);
  const { data, error } = useQuery({ ...timelineOf(workspaceId, view), placeholderData: keepPreviousData });
  // As high as the rows will be, so that what is below stays where it is.
  const space = <LoadingSpace height={compactHeightPx(jobCount)} />;
  return (
    <Section
      title="Timeline"
      aside={
        <Link
          to="/w/$workspaceId/timeline"
          params={{ workspaceId }}
          search={{ range: window === '24h' ? undefined : window }}
        >
          All jobs
        </Link>
      }
    >
      {error && <ErrorNotice error={error} />}
      <Suspense fallback={space}>
        {data ? <CompactTimeline response={data} view={view} nowMs={nowMs} /> : error === null && space}
      </Suspense>
    </Section>
  );
}
