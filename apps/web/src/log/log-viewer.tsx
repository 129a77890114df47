import { useMediaQuery } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useState, type ClipboardEvent } from 'react';
import classes from './log.module.css';
import { api } from '../api/api.ts';
import { ActionIconButton } from '../ui/action-icon-button.tsx';
import { copyLines, copySelection } from './copy-lines.ts';
import { describeError } from '../ui/answers.tsx';
import { findError } from './find-error.ts';
import { formatNoun } from '../ui/format.ts';
import { LogFoot } from './log-foot.tsx';
import { LogRows } from './log-rows.tsx';
import { LogStep, LogSwitch, LogToolbar } from './log-toolbar.tsx';
import { NewLines, WithoutLines } from './log-notices.tsx';
import type { SearchLines } from './log-matches.ts';
import { setLogPreferences, useLogPreferences } from './log-preferences.ts';
import { toSearchQuery, type LogPosition } from './log-position.ts';
import { usePageKeys } from '../keyboard/page-keys.ts';
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

  const choose = (line: number, isRange: boolean) => {
    const number = String(line + 1);
    onPosition(
      isRange && position.line !== undefined ? { line_end: number } : { line: number, line_end: undefined },
    );
  };
  const searchErrors: SearchLines = (after_line, limit) =>
    api.call('search_log', { params, query: { ...toSearchQuery('errors'), after_line, limit } });
  /** Goes to an error and leaves its line in the URL. */
  const toError = async (from: number | null, direction: 1 | -1) => {
    const line = await findError(searchErrors, from, direction);
    if (line === null) return showMessage('No errors found in this log.');
    goTo(line);
    choose(line, false);
  };
  const stepError = (direction: 1 | -1) => void toError(currentLine, direction).catch(showProblem);
  const toStart = () => view.toStart();
  const toEnd = () => view.toEnd(isActive);
  const toggleWrap = () => setLogPreferences({ isWrapped: !isWrapped });
  const toggleTimes = () => setLogPreferences({ hasTimes: !hasTimes });
  usePageKeys({
    n: () => step(1),
    N: () => step(-1),
    e: () => stepError(1),
    E: () => stepError(-1),
    w: toggleWrap,
    t: toggleTimes,
    f: () => (view.isFollowing ? view.stopFollowing() : view.toEnd(true)),
    Home: toStart,
    End: toEnd,
    ...(isFullscreen && { Escape: () => setIsFullscreen(false) }),
  });
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
        <LogStep hint="Go to the first error" onStep={() => void toError(null, 1).catch(showProblem)}>
          First error
        </LogStep>
        <ActionIconButton label="Previous error (E)" icon="↑" onClick={() => stepError(-1)} />
        <ActionIconButton label="Next error (e)" icon="↓" onClick={() => stepError(1)} />
        <LogStep hint="Go to the first line (Home)" onStep={toStart}>
          Start
        </LogStep>
        <LogStep hint="Go to the last line (End)" onStep={toEnd}>
          End
        </LogStep>
        <LogSwitch isOn={isWrapped} hint="Wrap long lines (w)" onToggle={toggleWrap}>
          Wrap
        </LogSwitch>
        <LogSwitch isOn={hasTimes} hint="Show the time of each line (t)" onToggle={toggleTimes}>
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

function showMessage(message: string): void {
  notifications.show({ message, autoClose: 3000 });
}

function showCopied(count: number): void {
  showMessage(`Copied ${formatNoun(count, 'line')}.`);
}

function showProblem(error: unknown): void {
  notifications.show({ color: 'red', message: describeError(error).detail });
}
