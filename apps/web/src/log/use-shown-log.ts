import { useCallback, useEffect, useEffectEvent, useState } from 'react';
import { countBelow, findNextMatch } from './log-matches.ts';
import { ListView } from './list-view.ts';
import { readChosen, type LogPosition } from './log-position.ts';
import { useLogLines, useLogMatches, type LogOfRun } from './use-log.ts';

/** Height of an unwrapped line, as in log.module.css. */
const rowHeightPx = 18;

/** The log that a viewer shows, and the position in it. */
export interface ShownLog {
  /** Must be the same object for the same log. */
  params: LogOfRun;
  /** Whether lines may still be added. */
  isActive: boolean;
  /** Whether to open at the end if `place` has no line. */
  opensAtEnd: boolean;
  /**
   * The line to go to, counted from 0, unless `position` has a line or a search; null for none, or while it is
   * not known.
   */
  opensAtLine: number | null;
  position: LogPosition;
}

/** Combines the filtered lines of a log, the search matches and the current position. */
export function useShownLog({ params, isActive, opensAtEnd, opensAtLine, position }: ShownLog) {
  const { find, show } = position;
  const chosen = readChosen(position);
  const lines = useLogLines(params, { firstLine: chosen?.from ?? (opensAtEnd ? -1 : 0), isActive });
  const lineCount = lines.extent?.lineCount ?? 0;
  const shown = useLogMatches(params, { show }, lineCount);
  const found = useLogMatches(params, find === undefined ? {} : { show, find }, lineCount);

  /** Numbers of the lines that match the filter; null for all lines. */
  const numbers = show === undefined ? null : shown.state.numbers;
  const lineOf = useCallback((row: number) => numbers?.[row] ?? row, [numbers]);
  const [view] = useState(() => new ListView(rowHeightPx, opensAtEnd && chosen === null));
  const rowCount = numbers?.length ?? lineCount;
  useEffect(() => view.setCount(rowCount), [view, rowCount]);
  // Fetch more line numbers when the last known ones come close to the viewport.
  const { matches } = shown;
  useEffect(
    () =>
      view.subscribe(() => {
        if (view.count > 0 && view.drawn.end > view.count - 200) matches?.more();
      }),
    [view, matches],
  );

  const [currentLine, setCurrentLine] = useState<number | null>(null);
  const goTo = (line: number) => {
    setCurrentLine(line);
    view.reveal(numbers === null ? line : countBelow(numbers, line));
  };

  /** Goes to the next match from the current line, or from the visible lines. */
  const step = (direction: 1 | -1) => {
    const { numbers: matching } = found.state;
    const from = currentLine ?? lineOf(view.inSight.first) - direction;
    const line = matching[findNextMatch(matching, from, direction)];
    if (line === undefined) return;
    if (line === matching.at(-1)) found.matches?.more();
    goTo(line);
  };

  useArrival(chosen?.from ?? null, lineCount, goTo);
  const [isElsewhere] = useState(chosen !== null || find !== undefined || show !== undefined);
  // By then the user may have scrolled elsewhere.
  useArrival(isElsewhere ? null : opensAtLine, lineCount, (line) => view.isFollowing && goTo(line));
  useFirstMatch(find, found.state.numbers.length > 0, () => step(1));
  return { lines, lineCount, chosen, shown, found, lineOf, view, currentLine, goTo, step };
}

/** Goes to a line once it exists, and when it changes. */
function useArrival(line: number | null, lineCount: number, goTo: (line: number) => unknown): void {
  const go = useEffectEvent(goTo);
  const isThere = line !== null && line < lineCount;
  useEffect(() => {
    if (line !== null && isThere) go(line);
  }, [line, isThere]);
}

/** Goes to the first match of a new search, starting from the visible lines. */
function useFirstMatch(find: string | undefined, isThere: boolean, goToFirst: () => void): void {
  const go = useEffectEvent(goToFirst);
  useEffect(() => {
    if (find !== undefined && isThere) go();
  }, [find, isThere]);
}
