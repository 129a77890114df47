import { stripAnsi } from '@pumphouse/client';
import type { LogLineExcerpt } from '@pumphouse/contract';
import { memo } from 'react';
import classes from './log.module.css';
import { createZonedFormat } from '../ui/time-zone.ts';
import { guessLevel } from './guess-level.ts';
import { LineText } from './line-text.tsx';

interface LogRowProps {
  /** Index in the list. */
  row: number;
  /** Line number, counted from 0. */
  line: number;
  /** Undefined while loading. */
  excerpt: LogLineExcerpt | undefined;
  /** Offset in pixels from the base row. */
  top: number;
  href: string;
  hasTimes: boolean;
  find: string;
  isChosen: boolean;
  isCurrent: boolean;
}

const clock = createZonedFormat({
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

/** A line of a log. Its number links to the line and is excluded from copied text. */
export const LogRow = memo(function LogRow(props: LogRowProps) {
  const { row, line, excerpt, top, href, hasTimes, find, isChosen, isCurrent } = props;
  return (
    <div
      className={classes.row}
      style={{ top }}
      data-log-row={row}
      data-line={line}
      data-level={excerpt === undefined ? undefined : levelOf(excerpt)}
      data-chosen={isChosen || undefined}
      data-current={isCurrent || undefined}
    >
      <a
        className={classes.number}
        href={href}
        tabIndex={-1}
        draggable={false}
        aria-label={`Line ${line + 1}`}
      >
        {line + 1}
      </a>
      {hasTimes && <LineTime at={excerpt?.reported_at} />}
      {excerpt === undefined ? (
        <span className={classes.text}>
          <span className={classes.missing} />
        </span>
      ) : (
        <span className={classes.text} data-line-text>
          <LineText content={excerpt.content} find={find} />
        </span>
      )}
      {excerpt?.truncated && <span className={classes.note}>… download the log for the full line</span>}
    </div>
  );
});

function LineTime({ at }: { at: string | undefined }) {
  if (at === undefined) return <span className={classes.time} />;
  const instant = new Date(at);
  return (
    <time className={classes.time} dateTime={at}>
      {clock.format(instant)}
    </time>
  );
}

/** Pumphouse's own lines are styled by source; for the job's output the level is guessed. */
function levelOf({ content, source }: LogLineExcerpt): string | undefined {
  if (source !== 'user') return source;
  return guessLevel(stripAnsi(content)) ?? undefined;
}
