export const rowHeightPx = 28;
export const rulerHeightPx = 30;
/** Rows of the timeline on the overview. */
export const compactRows = 10;

/** Height of the timeline on the overview, so that its place is kept while it loads. */
export function compactHeightPx(jobCount: number): number {
  return rulerHeightPx + Math.min(compactRows, jobCount) * rowHeightPx;
}
