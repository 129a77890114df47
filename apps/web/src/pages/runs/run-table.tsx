import type { RunOverviewResponse } from '@pumphouse/contract';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import classes from './runs.module.css';
import table from '../../ui/table.module.css';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { foldRuns, type RunListItem } from './fold-runs.ts';
import { FoldRow } from './fold-row.tsx';
import { idsBetween, withIds } from './selection.ts';
import { RowCheckbox } from '../../ui/row-checkbox.tsx';
import { RunRow } from './run-row.tsx';
import { SortHeader } from '../../ui/sort-header.tsx';
import { useRowStops } from '../../keyboard/use-row-stops.ts';

interface RunTableProps {
  runs: readonly RunOverviewResponse[];
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
}

const rowHeightPx = 32;

/** Rows rendered beyond the visible area. */
const overscanRows = 10;

/** Virtualized table of runs: renders only the visible rows. */
export function RunTable({ runs, selected, onSelect, sort, onSort }: RunTableProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  // By duration, equal runs that follow each other have nothing to do with each other.
  const items = foldRuns(runs, open, sort?.includes('duration') !== true);
  const body = useRef<HTMLTableSectionElement>(null);
  useRowStops(body);
  const top = useTopOf(body);
  // The compiler cannot memoize this hook's result.
  // eslint-disable-next-line react/incompatible-library
  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => rowHeightPx,
    overscan: overscanRows,
    scrollMargin: top,
    getItemKey: (index) => keyOf(items[index]) ?? index,
  });
  const drawn = rows.getVirtualItems();
  const before = (drawn[0]?.start ?? top) - top;
  const after = rows.getTotalSize() - ((drawn.at(-1)?.end ?? top) - top);
  const toggle = useToggle(runs, selected, onSelect);
  return (
    <table className={`${table.table} ${classes.table}`} aria-label="Runs" aria-rowcount={items.length}>
      <TableHead runs={runs} selected={selected} onSelect={onSelect} sort={sort} onSort={onSort} />
      <tbody ref={body}>
        {before > 0 && <Spacer height={before} />}
        {drawn.map(({ index, key }) => {
          const item = items[index];
          if (item?.kind === 'fold') {
            const { runs: folded, isOpen } = item;
            const ids = folded.map(({ id }) => id);
            return (
              <FoldRow
                key={key}
                runs={folded}
                index={index}
                rowRef={rows.measureElement}
                isOpen={isOpen}
                selectedCount={ids.filter((id) => selected.has(id)).length}
                onOpen={() => setOpen(withIds(open, ids, !isOpen))}
                onSelect={(isSelected) => onSelect(withIds(selected, ids, isSelected))}
              />
            );
          }
          return (
            item && (
              <RunRow
                key={key}
                run={item.run}
                index={index}
                rowRef={rows.measureElement}
                isOfFold={item.isOfFold}
                isSelected={selected.has(item.run.id)}
                onToggle={toggle}
              />
            )
          );
        })}
        {after > 0 && <Spacer height={after} />}
      </tbody>
    </table>
  );
}

function keyOf(item: RunListItem | undefined): string | undefined {
  if (item === undefined) return undefined;
  // New runs are added at the front, so the oldest run identifies a fold.
  return item.kind === 'run' ? item.run.id : `fold ${item.runs.at(-1)?.id ?? ''}`;
}

/** Selects or clears a run, or with `isRange` all runs from the last one that was changed. */
function useToggle(
  runs: readonly RunOverviewResponse[],
  selected: ReadonlySet<string>,
  onSelect: (selected: ReadonlySet<string>) => void,
) {
  const last = useRef<string | null>(null);
  return useCallback(
    (id: string, isRange: boolean) => {
      const ids = isRange
        ? idsBetween(
            runs.map((run) => run.id),
            last.current,
            id,
          )
        : [id];
      last.current = id;
      onSelect(withIds(selected, ids, !selected.has(id)));
    },
    [runs, selected, onSelect],
  );
}

function TableHead({ runs, selected, onSelect, sort, onSort }: RunTableProps) {
  const count = runs.filter(({ id }) => selected.has(id)).length;
  return (
    <thead>
      <tr>
        <th scope="col" className={classes.select}>
          <RowCheckbox
            label="Select all shown runs"
            checked={count > 0 && count === runs.length}
            indeterminate={count > 0 && count < runs.length}
            onChange={(checked) => onSelect(new Set(checked ? runs.map(({ id }) => id) : []))}
          />
        </th>
        <th scope="col" className={classes.state}>
          State
        </th>
        <th scope="col" className={classes.run}>
          Run
        </th>
        <th scope="col" className={classes.cause}>
          Trigger
        </th>
        <th scope="col">Result</th>
        <SortHeader
          first="-duration_seconds"
          sort={sort}
          onSort={onSort}
          className={classes.duration}
          isNumber
        >
          Duration
        </SortHeader>
        <SortHeader first="-started_at" sort={sort} onSort={onSort} className={classes.started} isNumber>
          Started
        </SortHeader>
        <SortHeader first="created_at" sort={sort} onSort={onSort} className={classes.age} isNumber>
          Created
        </SortHeader>
        <th scope="col" className={classes.profile}>
          Profile
        </th>
        <th scope="col" className={classes.versions}>
          Versions
        </th>
        <ActionsHead className={classes.actions} />
      </tr>
    </thead>
  );
}

/** Fills the space of rows that are not rendered. */
function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden="true" className={classes.spacer}>
      <td colSpan={11} style={{ height }}>
        {null}
      </td>
    </tr>
  );
}

/** Distance of an element from the top of the page. */
function useTopOf(element: { current: HTMLElement | null }): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setTop((element.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
    measure();
    // Content above may grow: filters wrap, or the selection bar appears.
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return top;
}
