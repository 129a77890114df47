import type { Point } from './layered-layout.ts';

/** SVG path data of a curve through all points, horizontal at each of them. */
export function drawRoute([start, ...others]: readonly Point[]): string {
  if (!start) return '';
  let before = start;
  const curves = others.map((point) => {
    const middle = (before.x + point.x) / 2;
    const curve = `C${middle} ${before.y} ${middle} ${point.y} ${point.x} ${point.y}`;
    before = point;
    return curve;
  });
  return `M${start.x} ${start.y}${curves.join('')}`;
}
