/** The words for how far back usage is shown; without one it is the month so far. */
export const usageRanges = ['30', '90', '365'] as const;
export type UsageRange = (typeof usageRanges)[number];

export const rangeWords: Record<UsageRange | 'month', string> = {
  month: 'This month',
  '30': '30 days',
  '90': '90 days',
  '365': '365 days',
};

const dayMs = 86_400_000;

/** The days to ask for, in UTC as they are counted; nothing for the month so far. */
export function usageQuery(range: UsageRange | undefined, nowMs: number): { from?: string; to?: string } {
  if (range === undefined) return {};
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  return { from: day(nowMs - (Number(range) - 1) * dayMs), to: day(nowMs) };
}
