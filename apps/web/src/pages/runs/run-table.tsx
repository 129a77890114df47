import { isTerminalRunState, type RunOverviewResponse } from '@pumphouse/contract';
import { Checkbox } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'react';
import classes from './runs.module.css';
import table from '../../ui/table.module.css';
import { RunRow } from './run-row.tsx';

interface RunTableProps {
  runs: readonly RunOverviewResponse[];
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
}

const rowHeightPx = 37;

/** Rows rendered beyond the visible area. */
const overscanRows = 10;

/** Virtualized table of runs: renders only the visible rows. */
export function RunTable({ runs, selected, onSelect }: RunTableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const top = useTopOf(body);
  // The compiler cannot memoize this hook's result.
  // eslint-disable-next-line react/incompatible-library
  const rows = useWindowVirtualizer({
    count: runs.length,
    estimateSize: () => rowHeightPx,
    overscan: overscanRows,
    scrollMargin: top,
    getItemKey: (index) => runs[index]?.id ?? index,
  });
  const drawn = rows.getVirtualItems();
  const before = (drawn[0]?.start ?? top) - top;
  const after = rows.getTotalSize() - ((drawn.at(-1)?.end ?? top) - top);
  const active = runs.filter((run) => !isTerminalRunState(run.status)).map(({ id }) => id);
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect(next);
  };
  return (
    <table
      className={`${table.table} ${classes.table}`}
      data-selectable={active.length > 0}
      aria-label="Runs"
      aria-rowcount={runs.length}
    >
      <thead>
        <tr>
          <th scope="col" className={classes.select}>
            {active.length > 0 && (
              <Checkbox
                size="xs"
                aria-label="Select all active runs"
                checked={active.every((id) => selected.has(id))}
                indeterminate={
                  active.some((id) => selected.has(id)) && !active.every((id) => selected.has(id))
                }
                onChange={(event) => onSelect(new Set(event.currentTarget.checked ? active : []))}
              />
            )}
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
          <th scope="col" className={`${classes.duration} number`}>
            Duration
          </th>
          <th scope="col" className={`${classes.age} number`}>
            Created
          </th>
          <th scope="col" className={classes.profile}>
            Profile
          </th>
          <th scope="col" className={classes.versions}>
            Versions
          </th>
          <th scope="col" className={classes.actions}>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody ref={body}>
        {before > 0 && <Spacer height={before} />}
        {drawn.map(({ index }) => {
          const run = runs[index];
          return (
            run && (
              <RunRow
                key={run.id}
                run={run}
                index={index}
                rowRef={rows.measureElement}
                isSelected={selected.has(run.id)}
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

/** Fills the space of rows that are not rendered. */
function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden="true" className={classes.spacer}>
      <td colSpan={10} style={{ height }}>
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
