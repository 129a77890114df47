import type { TimelineResponse } from '@pumphouse/contract';
import { useMemo } from 'react';
import { Empty } from '../../../ui/answers.tsx';
import { listNotableRows } from './notable-rows.ts';
import { readTimeline } from './timeline-bars.ts';
import { compactRows, rowHeightPx } from './plot-sizes.ts';
import { TimelineChart } from './timeline-chart.tsx';
import type { TimeView } from './time-view.ts';
import { useOpenBar } from './use-open-bar.ts';

interface CompactTimelineProps {
  response: TimelineResponse;
  view: TimeView;
  nowMs: number;
}

const ignore = () => undefined;

/** A timeline of few jobs that neither scrolls nor zooms: those that need attention first. */
export default function CompactTimeline({ response, view, nowMs }: CompactTimelineProps) {
  const data = useMemo(() => readTimeline(response), [response]);
  const rows = useMemo(() => listNotableRows(data, compactRows), [data]);
  const open = useOpenBar();
  if (rows.length === 0) return <Empty title="No runs in this range">Choose a longer range.</Empty>;
  return (
    <TimelineChart
      label="Timeline"
      rows={rows}
      jobs={data.jobs}
      view={view}
      nowMs={nowMs}
      maxHeightPx={compactRows * rowHeightPx}
      brush={null}
      onView={null}
      onBrush={null}
      onFold={ignore}
      onOpen={open}
    />
  );
}
