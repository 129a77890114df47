const rowSelector = '[data-row]';
const currentMark = 'true';

const listRows = () => [...document.querySelectorAll<HTMLElement>(rowSelector)];
const findCurrent = (rows: readonly HTMLElement[]) =>
  rows.findIndex((row) => row.dataset['current'] === currentMark);

/** Moves to the next or previous row of the list on the page, marks it and scrolls it into view. */
export function stepRow(step: 1 | -1): void {
  const rows = listRows();
  if (rows.length === 0) return;
  const current = findCurrent(rows);
  const next = current === -1 ? (step === 1 ? 0 : rows.length - 1) : current + step;
  const row = rows[Math.max(0, Math.min(rows.length - 1, next))];
  for (const other of rows) delete other.dataset['current'];
  if (!row) return;
  row.dataset['current'] = currentMark;
  row.querySelector<HTMLElement>('[data-row-link]')?.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}

/** Follows the page's `rel="prev"` or `rel="next"` link. */
export function openNeighbour(which: 'prev' | 'next'): void {
  document.querySelector<HTMLAnchorElement>(`a[rel="${which}"]`)?.click();
}

export function focusSearch(): void {
  document.querySelector<HTMLInputElement>('[data-search-input]')?.focus();
}
