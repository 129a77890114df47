import { describeInstant } from './format.ts';

/**
 * Gives the time under the pointer a tooltip with the exact time in the shown zone, the viewer's, UTC and the
 * job's. One listener serves all: a list has a thousand times, and nearly all tooltips are never seen.
 */
export function titleTimes(page: Document): void {
  page.addEventListener('pointerover', ({ target }) => {
    const time = target instanceof Element ? target.closest('time') : null;
    const at = new Date(time?.dateTime ?? '');
    if (time !== null && !Number.isNaN(at.getTime()))
      time.title = describeInstant(at, time.dataset['zone'] ?? null);
  });
}
