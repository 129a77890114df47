import { Button, NativeSelect, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './log.module.css';
import { countBelow, type MatchState } from './log-matches.ts';
import { ActionIconButton } from '../ui/action-icon-button.tsx';
import { formatCount } from '../ui/format.ts';
import { LogDownload } from './log-download.tsx';
import { logFilters, logFilterLabels, type LogFilter } from './log-position.ts';
import type { LogOfRun } from './use-log.ts';
import { SearchBox } from '../search/search-box.tsx';

interface LogToolbarProps {
  params: LogOfRun;
  find: string | undefined;
  onFind: (find: string | undefined) => void;
  found: MatchState;
  /** The line navigated to last; null if there is none. */
  currentLine: number | null;
  onStep: (direction: 1 | -1) => void;
  show: LogFilter | undefined;
  onShow: (show: LogFilter | undefined) => void;
  children: ReactNode;
}

/** Toolbar of the log: search, filter, navigation and display options. */
export function LogToolbar(props: LogToolbarProps) {
  const { params, find, onFind, found, currentLine, onStep, show, onShow } = props;
  const isSearching = find !== undefined;
  return (
    <div className={classes.toolbar} role="toolbar" aria-label="Log">
      <form
        className={classes.find}
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          onStep(1);
        }}
      >
        <SearchBox value={find} onSearch={onFind} label="Search log" />
        {isSearching && (
          <>
            <span className={classes.count} role="status">
              {describeFound(found, currentLine)}
            </span>
            <ActionIconButton label="Previous match (N)" icon="↑" onClick={() => onStep(-1)} />
            <ActionIconButton label="Next match (n)" icon="↓" onClick={() => onStep(1)} />
          </>
        )}
      </form>
      <NativeSelect
        size="xs"
        w={140}
        aria-label="Line filter"
        data={[
          { value: '', label: 'All lines' },
          ...logFilters.map((value) => ({ value, label: logFilterLabels[value] })),
        ]}
        value={show ?? ''}
        onChange={({ currentTarget: { value } }) => onShow(logFilters.find((each) => each === value))}
      />
      <span className={classes.spacer} />
      {props.children}
      <LogDownload params={params} />
    </div>
  );
}

function describeFound({ numbers, total, isWhole, failure }: MatchState, line: number | null): string {
  if (failure !== null) return 'search failed';
  if (numbers.length === 0) return isWhole ? 'no matches' : 'searching…';
  const count = `${formatCount(total)}${isWhole ? '' : '+'}`;
  const position = line === null ? 0 : countBelow(numbers, line);
  return numbers[position] === line ? `${formatCount(position + 1)} of ${count}` : count;
}

interface LogSwitchProps {
  isOn: boolean;
  /** Tooltip: what the switch does, and its key. */
  hint: string;
  onToggle: () => void;
  children: ReactNode;
}

export function LogSwitch({ isOn, hint, onToggle, children }: LogSwitchProps) {
  return (
    <Tooltip label={hint}>
      <Button size="compact-xs" variant="default" aria-pressed={isOn} onClick={onToggle}>
        {children}
      </Button>
    </Tooltip>
  );
}

export function LogStep({
  hint,
  onStep,
  children,
}: {
  hint: string;
  onStep: () => void;
  children: ReactNode;
}) {
  return (
    <Tooltip label={hint}>
      <Button size="compact-xs" variant="default" onClick={onStep}>
        {children}
      </Button>
    </Tooltip>
  );
}
