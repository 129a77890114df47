import { Button, CloseButton } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import classes from './log.module.css';
import { formatCount, formatNoun } from '../ui/format.ts';
import { LogSwitch } from './log-toolbar.tsx';
import type { ListView } from './list-view.ts';
import type { LogAttempt } from './log-lines.ts';

interface LogFootProps {
  lineCount: number;
  /** Lines that match the filter; null without a filter. */
  rowCount: number | null;
  attempts: readonly LogAttempt[];
  chosen: { from: number; to: number } | null;
  isGrowing: boolean;
  view: ListView;
  onAttempt: (line: number) => void;
  onCopy: () => void;
  onClear: () => void;
}

/** Footer of the log: line count, attempts, selected lines and the Follow switch. */
export function LogFoot(props: LogFootProps) {
  const { lineCount, rowCount, attempts, chosen, isGrowing, view } = props;
  const isFollowing = useSyncExternalStore(view.subscribe, () => view.isFollowing);
  const total = formatNoun(lineCount, 'line');
  return (
    <div className={classes.foot}>
      <span className={classes.footPart}>
        {rowCount === null ? total : `${formatCount(rowCount)} of ${total}`}
        {attempts.length > 1 &&
          attempts.map(({ number, first_line: line }) => (
            <Button key={number} size="compact-xs" variant="subtle" onClick={() => props.onAttempt(line)}>
              Attempt {number}
            </Button>
          ))}
      </span>
      {chosen && (
        <span className={classes.footPart}>
          {chosen.from === chosen.to
            ? `Line ${chosen.from + 1}`
            : `Lines ${chosen.from + 1}–${chosen.to + 1}`}
          <Button size="compact-xs" variant="default" onClick={props.onCopy}>
            Copy
          </Button>
          <CloseButton size="xs" aria-label="Clear selection" onClick={props.onClear} />
        </span>
      )}
      {isGrowing && (
        <LogSwitch
          isOn={isFollowing}
          hint="Scroll to new lines as they arrive (f)"
          onToggle={() => (isFollowing ? view.stopFollowing() : view.toEnd(true))}
        >
          {isFollowing ? '● Following' : 'Follow'}
        </LogSwitch>
      )}
    </div>
  );
}
