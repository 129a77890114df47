import type { AnyRouter, RouterHistory } from '@tanstack/react-router';

/** Maximum lists whose last opened row is remembered. */
const maxRemembered = 50;

/** How long a list may take to show the row again. */
const patienceMs = 5000;

interface RowFocusOptions {
  page: Document;
  router: Pick<AnyRouter, 'subscribe'> & { history: RouterHistory };
}

/**
 * Restores the focus on Back: when a list is shown again, the link that opened a row of it gets the focus, unless
 * the user has moved it. Rows are elements with `data-row`.
 */
export function restoreRowFocus({ page, router }: RowFocusOptions): void {
  const opened = new Map<string, string>();
  let isBack = false;
  let stopWaiting = () => {};

  page.addEventListener(
    'click',
    ({ target }) => {
      const link = target instanceof Element ? target.closest('a') : null;
      const href = link?.closest('[data-row]') ? link.getAttribute('href') : null;
      if (href === null) return;
      const list = router.history.location.href;
      opened.delete(list);
      opened.set(list, href);
      const [oldest] = opened.keys();
      if (opened.size > maxRemembered && oldest !== undefined) opened.delete(oldest);
    },
    // Before the handler of the link changes the address.
    { capture: true },
  );

  router.history.subscribe(({ action }) => {
    stopWaiting();
    isBack = action.type === 'BACK' || (action.type === 'GO' && action.index < 0);
  });

  router.subscribe('onRendered', () => {
    const href = opened.get(router.history.location.href);
    if (!isBack || href === undefined) return;
    isBack = false;
    stopWaiting = awaitRow(page, href);
  });
}

/**
 * Focuses the link of a row as soon as the page shows it.
 * @returns ends the wait
 */
function awaitRow(page: Document, href: string): () => void {
  const focus = () => {
    if (page.activeElement !== page.body && page.activeElement !== null && !isMain(page.activeElement))
      return true;
    const links = page.querySelectorAll<HTMLAnchorElement>('[data-row] a');
    const link = [...links].find((each) => each.getAttribute('href') === href);
    link?.focus({ preventScroll: true });
    return link !== undefined;
  };
  if (focus()) return () => {};
  const observer = new MutationObserver(() => focus() && stop());
  const timer = setTimeout(() => stop(), patienceMs);
  const stop = () => {
    observer.disconnect();
    clearTimeout(timer);
  };
  observer.observe(page.body, { childList: true, subtree: true });
  return stop;
}

/** The frame of the page takes the focus when a page opens. */
const isMain = (element: Element) => element.tagName === 'MAIN';
