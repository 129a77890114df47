import type { CostEntry } from './cost-entry.ts';
import type { CostSum } from './sum-costs.ts';
import type { SizeRates } from './size-rates.ts';
import { findHourlyPrice } from './size-rates.ts';
import { toInstanceSize } from '../attempts/instance-sizes.ts';
import { sumCosts } from './sum-costs.ts';

/** What costs can be grouped by. */
export type CostGrouping = 'job' | 'person' | 'size' | 'tag' | 'workspace';

/** The costs of one job, tag, user, size or workspace. */
export interface CostGroup {
  /**
   * The id of the job, user or workspace; the tag or the size. Null for runs without a tag, and for runs that no user
   * started.
   */
  key: string | null;
  /** Of runs that no user started, by user; otherwise null. */
  triggerKind: string | null;
  entries: CostEntry[];
  sum: CostSum;
}

interface GroupKey {
  key: string | null;
  triggerKind: string | null;
}

/**
 * Groups costs, without an order. A run with several tags counts in each of them, so the groups of tags may exceed
 * the total.
 * @param rates by their first day
 * @param tagsOf the tags of a version of a job
 */
export function groupCosts(
  entries: readonly CostEntry[],
  by: CostGrouping,
  rates: readonly SizeRates[],
  tagsOf: (jobVersionId: string) => readonly string[],
): CostGroup[] {
  const keyed = entries.flatMap((entry) => listKeys(entry, by, tagsOf).map((group) => ({ group, entry })));
  const groups = Map.groupBy(keyed, ({ group }) => nameGroup(group));
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (!first) return [];
    const own = members.map(({ entry }) => entry);
    return [{ ...first.group, entries: own, sum: priceEntries(own, rates) }];
  });
}

/** Equal for the same group of different days. */
export const nameGroup = ({ key, triggerKind }: GroupKey): string => JSON.stringify([key, triggerKind]);

/** Adds costs up, with the prices of their days. */
export function priceEntries(entries: readonly CostEntry[], rates: readonly SizeRates[]): CostSum {
  return sumCosts(entries, ({ ratePeriod, size }) => findHourlyPrice(rates, ratePeriod, size));
}

function listKeys(
  { jobId, jobVersionId, size, startedBy, triggerKind, workspaceId }: CostEntry,
  by: CostGrouping,
  tagsOf: (jobVersionId: string) => readonly string[],
): GroupKey[] {
  const keys: Record<Exclude<CostGrouping, 'tag'>, GroupKey> = {
    job: { key: jobId, triggerKind: null },
    person: { key: startedBy, triggerKind: startedBy === null ? triggerKind : null },
    size: { key: toInstanceSize(size), triggerKind: null },
    workspace: { key: workspaceId, triggerKind: null },
  };
  if (by !== 'tag') return [keys[by]];
  const tags = new Set(tagsOf(jobVersionId));
  return tags.size === 0
    ? [{ key: null, triggerKind: null }]
    : [...tags].map((key) => ({ key, triggerKind: null }));
}
