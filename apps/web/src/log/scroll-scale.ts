/** Browsers limit elements to about 17 or 33 million pixels; this is safely below. */
const highestPx = 10_000_000;

/**
 * Within this distance of both ends, one scroll pixel is one list pixel, so that the ends are reached
 * exactly.
 */
const edgePx = 1_000_000;

/**
 * A movement of more viewports than this is a jump (dragged scrollbar); smaller ones move the list pixel by
 * pixel.
 */
const jumpViewports = 4;

/** Height of the scrolling element for a list of `total` pixels. */
export function scaledHeight(total: number): number {
  return Math.min(total, highestPx);
}

/** List position of a scroll position. */
export function toListTop(scrollTop: number, total: number): number {
  if (total <= highestPx || scrollTop <= edgePx) return scrollTop;
  const fromEnd = highestPx - scrollTop;
  if (fromEnd <= edgePx) return total - fromEnd;
  return edgePx + (scrollTop - edgePx) * middleScale(total);
}

/** The inverse of `toListTop`. */
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
 * List position after a scroll event. Small steps move the list pixel by pixel, although a scroll pixel
 * stands for many list pixels. The scrollbar then drifts from its exact position until `isDrifted` triggers a
 * correction.
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

/** Whether the scrollbar has drifted so far that it could reach its end before the list does. */
export function isDrifted({ scrollTop, listTop }: ScrollState, total: number): boolean {
  return Math.abs(toScrollTop(listTop, total) - scrollTop) > edgePx / 2;
}
