import { useCallback, useEffect, useEffectEvent, useState } from 'react';
import { countBelow, findNextMatch } from './log-matches.ts';
import { ListView } from './list-view.ts';
import { readChosen, toSearchQuery, type LogPlace } from './log-place.ts';
import { useLogLines, useLogMatches, type LogOfRun } from './use-log.ts';

/** The height of a line that is not wrapped, as in log.module.css. */
const rowHeightPx = 18;

/** What a viewer shows of which log. */
export interface ShownLog {
  /** The same object as long as it is the same log. */
  params: LogOfRun;
  /** Whether lines may still come. */
  isActive: boolean;
  /** Where a log is opened of which the place names no line. */
  opensAtEnd: boolean;
  place: LogPlace;
}

/** The lines of a log by the filter, what a search finds in it, and where in it one is. */
export function useShownLog({ params, isActive, opensAtEnd, place }: ShownLog) {
  const { find, show } = place;
  const chosen = readChosen(place);
  const lines = useLogLines(params, { firstLine: chosen?.from ?? (opensAtEnd ? -1 : 0), isActive });
  const lineCount = lines.extent?.lineCount ?? 0;
  const filter = toSearchQuery(show);
  const shown = useLogMatches(params, show === undefined ? null : filter, lineCount);
  const found = useLogMatches(params, find === undefined ? null : { ...filter, q: find }, lineCount);

  /** The numbers of the lines that the filter leaves; null for all of them. */
  const numbers = show === undefined ? null : shown.state.numbers;
  const lineOf = useCallback((row: number) => numbers?.[row] ?? row, [numbers]);
  const [view] = useState(() => new ListView(rowHeightPx, opensAtEnd && chosen === null));
  const rowCount = numbers?.length ?? lineCount;
  useEffect(() => view.setCount(rowCount), [view, rowCount]);
  // Numbers of further lines are fetched once the last known ones come near.
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

  /** Goes to the next match from the one that is current, or from what is in sight. */
  const step = (direction: 1 | -1) => {
    const { numbers: matching } = found.state;
    const from = currentLine ?? lineOf(view.inSight.first) - direction;
    const line = matching[findNextMatch(matching, from, direction)];
    if (line === undefined) return;
    if (line === matching.at(-1)) found.matches?.more();
    goTo(line);
  };

  useArrival(chosen?.from ?? null, lineCount, goTo);
  useFirstMatch(find, found.state.numbers.length > 0, () => step(1));
  return { lines, lineCount, chosen, shown, found, lineOf, view, currentLine, goTo, step };
}

/** Goes to the line that the address names: when there is a log, and when another one is named. */
function useArrival(line: number | null, lineCount: number, goTo: (line: number) => void): void {
  const go = useEffectEvent(goTo);
  const isThere = line !== null && line < lineCount;
  useEffect(() => {
    if (line !== null && isThere) go(line);
  }, [line, isThere]);
}

/** Goes to the first match of a new search, from what is in sight on. */
function useFirstMatch(find: string | undefined, isThere: boolean, goToFirst: () => void): void {
  const go = useEffectEvent(goToFirst);
  useEffect(() => {
    if (find !== undefined && isThere) go();
  }, [find, isThere]);
}
