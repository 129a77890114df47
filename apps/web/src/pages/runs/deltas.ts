import { formatPercent } from '../../ui/format.ts';

/** A change of a number: text and direction. */
export interface Delta {
  text: string;
  direction: 'more' | 'less' | 'same';
}

/** The difference of two numbers, also in percent of the first. Null if one of them is unknown. */
export function describeDelta(
  before: number | null,
  after: number | null,
  format: (size: number) => string,
): Delta | null {
  if (before === null || after === null) return null;
  const change = after - before;
  if (change === 0) return { text: '±0', direction: 'same' };
  const sign = change > 0 ? '+' : '−';
  const part = before === 0 ? '' : ` (${sign}${formatPercent(Math.abs(change) / before)})`;
  return { text: `${sign}${format(Math.abs(change))}${part}`, direction: change > 0 ? 'more' : 'less' };
}
