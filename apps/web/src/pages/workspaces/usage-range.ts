/** Selectable ranges in days; without one, usage covers the current month. */
export const usageRanges = ['30', '90', '365'] as const;
export type UsageRange = (typeof usageRanges)[number];

export const rangeLabels: Record<UsageRange | 'month', string> = {
  month: 'This month',
  '30': '30 days',
  '90': '90 days',
  '365': '365 days',
};

const dayMs = 86_400_000;

/** The queried days in UTC, as usage counts them; empty for the current month. */
export function usageQuery(range: UsageRange | undefined, nowMs: number): { from?: string; to?: string } {
  if (range === undefined) return {};
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  return { from: day(nowMs - (Number(range) - 1) * dayMs), to: day(nowMs) };
}
