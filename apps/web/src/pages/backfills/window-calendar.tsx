import { Button } from '@mantine/core';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import classes from './backfills.module.css';
import type { CalendarDay, DaySelection } from './calendar-days.ts';
import type { Month } from '../../calendar/months.ts';
import {
  completedShare,
  dayAppearance,
  dayStates,
  describeDay,
  isSelectedDay,
  stateOfDay,
} from './calendar-days.ts';
import { listMonths, nameDay, shiftMonth } from '../../calendar/months.ts';
import { MonthTable } from '../../calendar/month-table.tsx';
import { useDayFocus } from '../../calendar/use-day-focus.ts';

interface WindowCalendarProps {
  /** The last of the shown months. */
  last: Month;
  onMove: (last: Month) => void;
  days: ReadonlyMap<string, CalendarDay>;
  selection: DaySelection | null;
  onSelect: (selection: DaySelection) => void;
}

/** Months shown at a time. */
export const shownMonths = 3;

/**
 * Months of days, colored by the state of their windows. A click selects a day; dragging, or a click or an arrow
 * key with Shift, selects a range.
 */
export function WindowCalendar({ last, onMove, days, selection, onSelect }: WindowCalendarProps) {
  const months = listMonths(last, shownMonths);
  const isDragging = useRef(false);
  const grid = useRef<HTMLDivElement>(null);
  const { focused, setFocused, move } = useDayFocus(grid);
  const reachable = focused ?? selection?.focus ?? [...days.keys()].toSorted().at(-1) ?? null;

  useEffect(() => {
    const end = () => {
      isDragging.current = false;
    };
    window.addEventListener('pointerup', end);
    return () => window.removeEventListener('pointerup', end);
  }, []);

  function extendTo(date: string): void {
    onSelect({ anchor: selection?.anchor ?? date, focus: date });
  }

  function moveFrom(event: KeyboardEvent, date: string): void {
    const next = move(event, date);
    if (next !== null && event.shiftKey) onSelect({ anchor: selection?.anchor ?? date, focus: next });
  }

  return (
    <>
      <div className={classes.months} ref={grid}>
        {months.map((month) => (
          <MonthTable
            key={`${month.year}-${month.month}`}
            month={month}
            className={classes.month}
            hasCaption
            renderDay={(date) => (
              <DayButton
                date={date}
                day={days.get(date)}
                isSelected={isSelectedDay(date, selection)}
                isReachable={date === reachable}
                onPress={(isShift) => {
                  isDragging.current = true;
                  setFocused(date);
                  if (isShift) extendTo(date);
                  else onSelect({ anchor: date, focus: date });
                }}
                onEnter={() => {
                  if (isDragging.current) extendTo(date);
                }}
                onKey={(event) => moveFrom(event, date)}
              />
            )}
          />
        ))}
      </div>
      <div className={classes.below}>
        <Button size="compact-sm" variant="default" onClick={() => onMove(shiftMonth(last, -shownMonths))}>
          Earlier
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => onMove(shiftMonth(last, shownMonths))}>
          Later
        </Button>
        <ul className={classes.legend} aria-label="States of windows">
          {dayStates.map((state) => (
            <li key={state}>
              <span className={classes.sample} data-state={state} aria-hidden="true">
                {dayAppearance[state].glyph}
              </span>
              {dayAppearance[state].word}
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}

interface DayButtonProps {
  date: string;
  day: CalendarDay | undefined;
  isSelected: boolean;
  /** The one day that Tab reaches; arrow keys reach the others. */
  isReachable: boolean;
  onPress: (isShift: boolean) => void;
  onEnter: () => void;
  onKey: (event: KeyboardEvent) => void;
}

function DayButton({ date, day, isSelected, isReachable, onPress, onEnter, onKey }: DayButtonProps) {
  const state = stateOfDay(day);
  const label = `${nameDay(date)}: ${describeDay(day)}`;
  const share = day ? completedShare(day) : 0;
  return (
    <button
      type="button"
      className={classes.day}
      data-date={date}
      data-state={state}
      aria-label={label}
      aria-pressed={isSelected}
      title={label}
      tabIndex={isReachable ? 0 : -1}
      onPointerDown={(event) => {
        // Otherwise a touch would keep all later events at this day.
        event.currentTarget.releasePointerCapture(event.pointerId);
        onPress(event.shiftKey);
      }}
      onPointerEnter={onEnter}
      onClick={(event) => {
        // Only from the keyboard: a pointer has selected on its way down.
        if (event.detail === 0) onPress(event.shiftKey);
      }}
      onKeyDown={onKey}
    >
      <span>{Number(date.slice(8))}</span>
      <span aria-hidden="true" className={classes.glyph}>
        {dayAppearance[state].glyph}
      </span>
      {share > 0 && share < 1 && (
        <span aria-hidden="true" className={classes.share}>
          <span style={{ width: `${share * 100}%` }} />
        </span>
      )}
    </button>
  );
}
