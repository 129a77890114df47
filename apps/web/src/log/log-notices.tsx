import { Button } from '@mantine/core';
import { ApiError } from '@pumphouse/client';
import { useState, useSyncExternalStore } from 'react';
import classes from './log.module.css';
import { Empty, ErrorNotice, LoadingRows } from '../ui/answers.tsx';
import { formatCount, formatNoun } from '../ui/format.ts';
import { logFilterLabels, type LogFilter } from './log-position.ts';
import type { ListView } from './list-view.ts';
import type { LogLines } from './log-lines.ts';
import type { MatchState } from './log-matches.ts';

interface WithoutLinesProps {
  lines: LogLines;
  shown: MatchState;
  show: LogFilter | undefined;
  isActive: boolean;
}

/** Loading, empty and error states of the log. */
export function WithoutLines({ lines, shown, show, isActive }: WithoutLinesProps) {
  const { failure, extent } = lines;
  const isMissing = failure instanceof ApiError && failure.status === 404;
  if (failure !== null && !isMissing) {
    return (
      <div className={classes.notice}>
        <ErrorNotice error={failure} onRetry={() => lines.retry()} />
      </div>
    );
  }
  if (extent === null && !isMissing) {
    return (
      <div className={classes.notice}>
        <LoadingRows count={8} />
      </div>
    );
  }
  const text = describeNothing({ lineCount: extent?.lineCount ?? 0, shown, show, isActive });
  if (text === null) return null;
  return (
    <div className={classes.notice}>
      <Empty title={text.title}>{text.detail}</Empty>
    </div>
  );
}

function describeNothing(log: {
  lineCount: number;
  shown: MatchState;
  show: LogFilter | undefined;
  isActive: boolean;
}): { title: string; detail: string } | null {
  const { lineCount, shown, show, isActive } = log;
  if (lineCount === 0) {
    return isActive
      ? { title: 'No output yet', detail: 'Lines appear here as they are printed.' }
      : { title: 'No log', detail: 'The run ended before a process was started.' };
  }
  if (show === undefined || shown.numbers.length > 0) return null;
  if (!shown.isWhole) return { title: 'Searching the log…', detail: '' };
  return {
    title: `No lines match the filter “${logFilterLabels[show]}”`,
    detail: `The log has ${formatNoun(lineCount, 'line')}.`,
  };
}

interface NewLinesProps {
  view: ListView;
  rowCount: number;
  isActive: boolean;
}

/**
 * Button with the number of new lines since the user scrolled away from the end; it scrolls back and follows.
 */
export function NewLines({ view, rowCount, isActive }: NewLinesProps) {
  const isFollowing = useSyncExternalStore(view.subscribe, () => view.isFollowing);
  const [rowsAtEnd, setRowsAtEnd] = useState(0);
  const isAway = isActive && !isFollowing;
  if (!isAway && rowsAtEnd !== rowCount) setRowsAtEnd(rowCount);
  if (!isAway || rowCount <= rowsAtEnd || rowsAtEnd === 0) return null;
  return (
    <Button
      className={classes.newLines}
      size="compact-sm"
      onClick={() => view.toEnd(true)}
      aria-label={`${formatCount(rowCount - rowsAtEnd)} new lines: scroll to the end and follow`}
    >
      {formatCount(rowCount - rowsAtEnd)} new lines ↓
    </Button>
  );
}
