import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type ClipboardEvent,
  type MouseEvent,
} from 'react';
import { flushSync } from 'react-dom';
import classes from './log.module.css';
import { LogRow } from './log-row.tsx';
import { isEmptySelection, readSelection, type TextSelection } from './log-selection.ts';
import type { LogLines } from './log-lines.ts';
import type { LogPosition } from './log-position.ts';
import type { ListView, RowWindow } from './list-view.ts';

interface LogRowsProps {
  lines: LogLines;
  view: ListView;
  /** Maps a row to its line number. */
  lineOf: (row: number) => number;
  isWrapped: boolean;
  hasTimes: boolean;
  find: string;
  currentLine: number | null;
  chosen: { from: number; to: number } | null;
  hrefOf: (position: LogPosition) => string;
  onChoose: (line: number, isRange: boolean) => void;
  onCopy: (event: ClipboardEvent, selection: TextSelection) => void;
}

/**
 * Rows are positioned relative to a multiple of this, so that scrolling does not restyle rows that stay
 * rendered.
 */
const baseRows = 64;

/**
 * Rows to prefetch in the scroll direction, rounded up to whole blocks, so that few requests fetch many
 * lines.
 */
const rowsAhead = 400;
const rowsAtOnce = 512;

/** Virtualized rows of a log in a scrolling element. */
export function LogRows(props: LogRowsProps) {
  const { lines, view, lineOf, isWrapped, hasTimes, find, currentLine, chosen, hrefOf } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const drawnRows = useRef<HTMLDivElement>(null);
  const { selection, noteSelection } = useSelection(drawnRows);
  const drawnVersion = useSyncExternalStore(view.subscribe, () => view.version);
  useViewport(scroller, view);

  useLayoutEffect(() => {
    view.layOut(isWrapped ? `wrapped ${hasTimes ? 'beside times' : ''}` : 'cut');
    if (isWrapped && drawnRows.current) view.measure(measureRows(drawnRows.current));
    // The element has its former height until it is drawn again, and would stop at the end of that.
    if (view.version !== drawnVersion) return;
    const scrollTop = view.takeScrollTop();
    if (scroller.current && scrollTop !== null) scroller.current.scrollTop = scrollTop;
  });
  useEffect(() => lines.want(listWanted(view).map(lineOf)));

  const { first, end } = view.drawn;
  const base = first - (first % baseRows);
  const rows = listRows({ first, end }, selection, view.count);
  const excerpts = rows.map((row) => lines.get(lineOf(row)));
  const widest = useWidest(excerpts.map((excerpt) => excerpt?.content.length ?? 0));

  const choose = (event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const line = Number(link?.parentElement?.dataset['line']);
    if (link === null || Number.isNaN(line) || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    props.onChoose(line, event.shiftKey);
  };
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      data-wrapped={isWrapped}
      style={{ '--digits': String(lineOf(view.count)).length }}
      data-log-scroller
      data-page-keys
      role="log"
      aria-label="Log lines"
      aria-live="off"
      tabIndex={0}
      onScroll={(event) => {
        const { scrollTop, clientHeight } = event.currentTarget;
        // The browser scrolls when the element grows, and reports this before its new height.
        view.resize(clientHeight);
        // selectionchange may come after the scroll, and a row that a selection starts in must stay.
        noteSelection();
        flushSync(() => view.scrolled(scrollTop));
      }}
      onCopy={(event) => {
        // selectionchange is asynchronous: right after a click the last one read is out of date.
        const selected = drawnRows.current && readSelection(drawnRows.current);
        if (selected && !isEmptySelection(selected)) props.onCopy(event, selected);
      }}
    >
      <div
        className={classes.extent}
        style={{ height: view.scrolledHeight, ...(!isWrapped && { width: `${widest + 16}ch` }) }}
      >
        {/* Lines can also be selected by URL; clicking is a shortcut. */}
        {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions */}
        <div className={classes.sight} style={{ height: view.viewport }} onClick={choose}>
          <div
            ref={drawnRows}
            className={classes.drawn}
            style={{ transform: `translateY(${view.offsetOf(base)}px)` }}
          >
            {rows.map((row, index) => {
              const line = lineOf(row);
              return (
                <LogRow
                  key={line}
                  row={row}
                  line={line}
                  excerpt={excerpts[index]}
                  top={view.distance(base, row)}
                  href={hrefOf({ line: String(line + 1), line_end: undefined })}
                  hasTimes={hasTimes}
                  find={find}
                  isChosen={chosen !== null && line >= chosen.from && line <= chosen.to}
                  isCurrent={line === currentLine}
                />
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

/**
 * Visible rows and the rows at both ends of a selection: removing those would clear the browser's selection.
 */
function listRows(
  { first, end }: RowWindow,
  selection: { current: TextSelection | null },
  count: number,
): number[] {
  const rows = Array.from({ length: end - first }, (_, index) => first + index);
  const ends = selection.current ? [selection.current.anchor.row, selection.current.focus.row] : [];
  const far = [...new Set(ends)].filter((row) => (row < first || row >= end) && row < count);
  return [...rows, ...far].sort((one, other) => one - other);
}

/** Lines to fetch: visible rows, rendered rows, then rows ahead in the scroll direction. */
function listWanted(view: ListView): number[] {
  const { inSight, drawn, direction, count } = view;
  const from = Math.floor((inSight.first - rowsAhead) / rowsAtOnce) * rowsAtOnce;
  const to = Math.ceil((inSight.end + rowsAhead) / rowsAtOnce) * rowsAtOnce;
  const ahead =
    direction === 1
      ? listNumbers(inSight.end, Math.min(count, to))
      : listNumbers(Math.max(0, from), inSight.first);
  return [...listNumbers(inSight.first, inSight.end), ...listNumbers(drawn.first, drawn.end), ...ahead];
}

function listNumbers(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

function measureRows(rows: HTMLElement): [number, number][] {
  return [...rows.children].flatMap((row): [number, number][] =>
    row instanceof HTMLElement ? [[Number(row.dataset['logRow']), row.offsetHeight]] : [],
  );
}

/**
 * Characters of the widest line so far. It never shrinks, since the list would jump sideways while scrolling.
 */
function useWidest(lengths: readonly number[]): number {
  const [widest, setWidest] = useState(0);
  const now = Math.max(widest, ...lengths);
  if (now > widest) setWidest(now);
  return now;
}

/** Reports the size of the viewport to the view. */
function useViewport(scroller: { current: HTMLDivElement | null }, view: ListView): void {
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    let width = element.clientWidth;
    const note = () => {
      view.resize(element.clientHeight);
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      view.forgetHeights();
    };
    note();
    const observer = new ResizeObserver(note);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, view]);
}

/** Tracks the text selection within the rows, by the browser's event and whenever `noteSelection` is called. */
function useSelection(rows: { current: HTMLDivElement | null }): {
  selection: { current: TextSelection | null };
  noteSelection: () => void;
} {
  const selection = useRef<TextSelection | null>(null);
  const noteSelection = useCallback(() => {
    selection.current = rows.current && readSelection(rows.current);
  }, [rows]);
  useEffect(() => {
    document.addEventListener('selectionchange', noteSelection);
    return () => document.removeEventListener('selectionchange', noteSelection);
  }, [noteSelection]);
  return { selection, noteSelection };
}
