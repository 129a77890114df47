import { useState, type KeyboardEvent, type RefObject } from 'react';
import { daySteps, shiftDate } from './months.ts';

/**
 * Moves the focus between the days of a calendar, each an element with `data-date`, by arrow keys.
 * @returns the day that had the focus last, and a function that handles a key and returns the newly focused day;
 * null if the key moves nothing
 */
export function useDayFocus(calendar: RefObject<HTMLElement | null>) {
  const [focused, setFocused] = useState<string | null>(null);

  function move(event: KeyboardEvent, date: string): string | null {
    const step = daySteps[event.key];
    if (step === undefined) return null;
    event.preventDefault();
    const next = shiftDate(date, step);
    const element = calendar.current?.querySelector<HTMLElement>(`[data-date="${next}"]`);
    if (!element) return null;
    setFocused(next);
    element.focus();
    return next;
  }

  return { focused, setFocused, move };
}
