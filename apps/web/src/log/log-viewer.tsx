import { useMediaQuery } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useState, type ClipboardEvent, type KeyboardEvent } from 'react';
import classes from './log.module.css';
import { api } from '../api/api.ts';
import { areSingleKeysOn } from '../keyboard/shortcut-table.ts';
import { copyLines, copySelection } from './copy-lines.ts';
import { describeError } from '../ui/answers.tsx';
import { formatNoun } from '../ui/format.ts';
import { LogFoot } from './log-foot.tsx';
import { LogRows } from './log-rows.tsx';
import { LogStep, LogSwitch, LogToolbar } from './log-toolbar.tsx';
import { NewLines, WithoutLines } from './log-notices.tsx';
import { setLogPreferences, useLogPreferences } from './log-preferences.ts';
import { toSearchQuery, type LogPosition } from './log-position.ts';
import { useShownLog, type ShownLog } from './use-shown-log.ts';

interface LogViewerProps extends ShownLog {
  onPosition: (change: LogPosition) => void;
  /** URL of this page with another log position. */
  hrefOf: (position: LogPosition) => string;
}

/**
 * Viewer of a run's log, including live output. A viewer shows a single log: render it with a key per run.
 */
export function LogViewer({ onPosition, hrefOf, ...shownLog }: LogViewerProps) {
  const { params, position, isActive } = shownLog;
  const { lines, lineCount, chosen, shown, found, lineOf, view, currentLine, goTo, step } =
    useShownLog(shownLog);
  const { isWrapped: wrapChoice, hasTimes } = useLogPreferences();
  const isNarrow = useMediaQuery('(max-width: 640px)');
  const isWrapped = wrapChoice ?? isNarrow;
  const [isFullscreen, setIsFullscreen] = useState(false);

  const toFirstError = async () => {
    const query = { ...toSearchQuery('errors'), limit: 1 };
    const { line_numbers: numbers } = await api.call('search_log', { params, query });
    if (numbers[0] === undefined) showMessage('No errors found in this log.');
    else goTo(numbers[0]);
  };
  const actions: Record<string, () => void> = {
    n: () => step(1),
    N: () => step(-1),
    w: () => setLogPreferences({ isWrapped: !isWrapped }),
    t: () => setLogPreferences({ hasTimes: !hasTimes }),
    e: () => void toFirstError().catch(showProblem),
    f: () => (view.isFollowing ? view.stopFollowing() : view.toEnd(true)),
    Escape: () => setIsFullscreen(false),
  };
  const choose = (line: number, isRange: boolean) => {
    const number = String(line + 1);
    onPosition(
      isRange && position.line !== undefined ? { line_end: number } : { line: number, line_end: undefined },
    );
  };
  const copyChosen = () => {
    if (!chosen) return;
    const numbers = Array.from({ length: chosen.to - chosen.from + 1 }, (_, index) => chosen.from + index);
    void copyLines(lines, numbers).then(showCopied, showProblem);
  };

  return (
    <section className={classes.viewer} data-fullscreen={isFullscreen} aria-label="Log">
      <LogToolbar
        params={params}
        find={position.find}
        onFind={(find) => onPosition({ find })}
        found={found.state}
        currentLine={currentLine}
        onStep={step}
        show={position.show}
        onShow={(show) => onPosition({ show })}
      >
        <LogStep hint="Go to the first error (e)" onStep={actions['e'] ?? ignore}>
          First error
        </LogStep>
        <LogStep hint="Go to the first line (Home)" onStep={() => view.toStart()}>
          Start
        </LogStep>
        <LogStep hint="Go to the last line (End)" onStep={() => view.toEnd(isActive)}>
          End
        </LogStep>
        <LogSwitch isOn={isWrapped} hint="Wrap long lines (w)" onToggle={actions['w'] ?? ignore}>
          Wrap
        </LogSwitch>
        <LogSwitch isOn={hasTimes} hint="Show the time of each line (t)" onToggle={actions['t'] ?? ignore}>
          Times
        </LogSwitch>
        <LogSwitch
          isOn={isFullscreen}
          hint={isFullscreen ? 'Exit full screen (Esc)' : 'Show only the log'}
          onToggle={() => setIsFullscreen(!isFullscreen)}
        >
          Full screen
        </LogSwitch>
      </LogToolbar>
      <div className={classes.body}>
        <LogRows
          lines={lines}
          view={view}
          lineOf={lineOf}
          isWrapped={isWrapped}
          hasTimes={hasTimes}
          find={position.find ?? ''}
          currentLine={currentLine}
          chosen={chosen}
          hrefOf={hrefOf}
          onChoose={choose}
          onCopy={(event: ClipboardEvent, selection) => {
            event.preventDefault();
            void copySelection(lines, selection, lineOf).then(showCopied, showProblem);
          }}
          onKeyDown={(event: KeyboardEvent) => {
            const isModified = event.ctrlKey || event.metaKey || event.altKey;
            const action = actions[event.key];
            if (action === undefined || isModified || !(event.key === 'Escape' || areSingleKeysOn())) return;
            event.preventDefault();
            event.stopPropagation();
            action();
          }}
        />
        <WithoutLines lines={lines} shown={shown.state} show={position.show} isActive={isActive} />
        <NewLines
          view={view}
          rowCount={view.count}
          isActive={isActive && lines.extent?.isComplete !== true}
        />
      </div>
      <LogFoot
        lineCount={lineCount}
        rowCount={position.show === undefined ? null : shown.state.total}
        attempts={lines.attempts}
        chosen={chosen}
        isGrowing={isActive && lines.extent?.isComplete !== true}
        view={view}
        onAttempt={goTo}
        onCopy={copyChosen}
        onClear={() => onPosition({ line: undefined, line_end: undefined })}
      />
    </section>
  );
}

const ignore = () => undefined;

function showMessage(message: string): void {
  notifications.show({ message, autoClose: 3000 });
}

function showCopied(count: number): void {
  showMessage(`Copied ${formatNoun(count, 'line')}.`);
}

function showProblem(error: unknown): void {
  notifications.show({ color: 'red', message: describeError(error).detail });
}
