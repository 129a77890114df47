import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import classes from './timeline.module.css';
import type { TimelineRow } from './timeline-rows.ts';
import { countCreated } from './timeline-rows.ts';
import { formatDuration, formatNoun, formatShortInstant } from '../../../ui/format.ts';
import { lengthOf, toUrlTime, type TimeView } from './time-view.ts';
import { useNow } from '../../../ui/time.tsx';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

interface BrushBarProps {
  range: TimeView;
  rows: readonly TimelineRow[];
  onZoom: () => void;
  onClear: () => void;
}

/** What to do with a selected range: list its runs, or zoom in. */
export function BrushBar({ range, rows, onZoom, onClear }: BrushBarProps) {
  const { id: workspaceId } = useWorkspace();
  const { total, failed } = countCreated(rows, range);
  const now = new Date(useNow(60));
  const format = (atMs: number) => formatShortInstant(new Date(atMs), now);
  const search = { from: toUrlTime(range.startMs), to: toUrlTime(range.endMs) };
  return (
    <div className={classes.brush} role="region" aria-label="Selected range">
      <strong>
        {format(range.startMs)} – {format(range.endMs)}
      </strong>
      <span className="quiet">
        {formatDuration(lengthOf(range) / 1000)} · {formatNoun(total, 'run')}
        {failed > 0 && `, ${failed} failed`}
      </span>
      <Link to="/w/$workspaceId/runs" params={{ workspaceId }} search={search}>
        Show runs
      </Link>
      {failed > 0 && (
        <Link to="/w/$workspaceId/runs" params={{ workspaceId }} search={{ ...search, status: ['failed'] }}>
          Show failed runs
        </Link>
      )}
      <Button size="compact-xs" variant="default" onClick={onZoom}>
        Zoom in
      </Button>
      <Button size="compact-xs" variant="subtle" onClick={onClear}>
        Clear selection
      </Button>
    </div>
  );
}
