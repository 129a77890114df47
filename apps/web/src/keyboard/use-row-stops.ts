import { useEffect, type RefObject } from 'react';

const rowSelector = '[data-row]';
const stopSelector = 'a[href], button, input';

/**
 * Makes each row of a list one tab stop: its first link, or the control in it that had the focus last. The
 * arrow keys move within the row. With a stop for each link and bar of 20 rows, a keyboard user would press Tab
 * 400 times to leave the list.
 */
export function useRowStops(list: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    const chosen = new WeakMap<Element, HTMLElement>();
    const arrange = () => {
      for (const row of element.querySelectorAll(rowSelector)) arrangeRow(row, chosen.get(row));
    };
    const choose = ({ target }: FocusEvent) => {
      const stop = target instanceof Element ? target.closest<HTMLElement>(stopSelector) : null;
      const row = stop?.closest(rowSelector);
      if (!stop || !row) return;
      chosen.set(row, stop);
      arrangeRow(row, stop);
    };
    const step = (event: KeyboardEvent) => {
      const stop = event.target instanceof Element ? event.target.closest<HTMLElement>(stopSelector) : null;
      const row = stop?.closest(rowSelector);
      const next = stop && row ? findNext(listStops(row), stop, event.key) : undefined;
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
    };
    arrange();
    const observer = new MutationObserver(arrange);
    observer.observe(element, { childList: true, subtree: true });
    element.addEventListener('focusin', choose);
    element.addEventListener('keydown', step);
    return () => {
      observer.disconnect();
      element.removeEventListener('focusin', choose);
      element.removeEventListener('keydown', step);
    };
  }, [list]);
}

const listStops = (row: Element) => [...row.querySelectorAll<HTMLElement>(stopSelector)];

function arrangeRow(row: Element, chosen: HTMLElement | undefined): void {
  const stops = listStops(row);
  const link = row.querySelector<HTMLElement>('[data-row-link]') ?? stops[0];
  const current = chosen !== undefined && stops.includes(chosen) ? chosen : link;
  for (const stop of stops) stop.tabIndex = stop === current ? 0 : -1;
}

/** The stop that a key moves to; undefined for other keys. Stops that are not shown are skipped. */
function findNext(stops: readonly HTMLElement[], from: HTMLElement, key: string): HTMLElement | undefined {
  const shown = stops.filter((stop) => stop === from || stop.getClientRects().length > 0);
  const current = shown.indexOf(from);
  const targets: Record<string, number> = {
    ArrowLeft: Math.max(0, current - 1),
    ArrowRight: Math.min(shown.length - 1, current + 1),
    Home: 0,
    End: shown.length - 1,
  };
  const target = targets[key];
  return target === undefined ? undefined : shown[target];
}
