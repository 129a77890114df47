/** No browser makes elements higher than some 17 or 33 million pixels; this is safely below. */
const highestPx = 10_000_000;

/** So far from both ends a pixel of the scroll bar is a pixel of the list, whatever its height: ends are reached exactly. */
const edgePx = 1_000_000;

/** A movement of more than so many viewports is a jump (the thumb was dragged); a smaller one moves the list by as many pixels. */
const jumpViewports = 4;

/** How high the element is that scrolls in place of a list of `total` pixels. */
export function scaledHeight(total: number): number {
  return Math.min(total, highestPx);
}

/** The place in the list that a scroll position stands for. */
export function toListTop(scrollTop: number, total: number): number {
  if (total <= highestPx || scrollTop <= edgePx) return scrollTop;
  const fromEnd = highestPx - scrollTop;
  if (fromEnd <= edgePx) return total - fromEnd;
  return edgePx + (scrollTop - edgePx) * middleScale(total);
}

/** The opposite. */
export function toScrollTop(listTop: number, total: number): number {
  if (total <= highestPx || listTop <= edgePx) return listTop;
  const fromEnd = total - listTop;
  if (fromEnd <= edgePx) return highestPx - fromEnd;
  return edgePx + (listTop - edgePx) / middleScale(total);
}

function middleScale(total: number): number {
  return (total - 2 * edgePx) / (highestPx - 2 * edgePx);
}

interface ScrollState {
  scrollTop: number;
  listTop: number;
}

/**
 * Where the list stands after its element scrolled. Small steps move by pixels although the bar stands for many more; the bar then lies
 * a little beside where it would, until `isDrifted` says that it is worth setting right.
 */
export function followScroll(
  before: ScrollState,
  scrollTop: number,
  { total, viewport }: { total: number; viewport: number },
): number {
  if (total <= highestPx) return scrollTop;
  const moved = scrollTop - before.scrollTop;
  const isStep = Math.abs(moved) <= jumpViewports * viewport;
  const listTop = isStep ? before.listTop + moved : toListTop(scrollTop, total);
  return Math.max(0, Math.min(total - viewport, listTop));
}

/** Whether the bar is so far from where it belongs that an end of it could come before the end of the list. */
export function isDrifted({ scrollTop, listTop }: ScrollState, total: number): boolean {
  return Math.abs(toScrollTop(listTop, total) - scrollTop) > edgePx / 2;
}
