import type { AskedDays } from '../workspaces/choose-days.ts';
import type { CostEntry } from '../../domain/cost/cost-entry.ts';
import type { CostGroup, CostGrouping } from '../../domain/cost/group-costs.ts';
import type { CostSum } from '../../domain/cost/sum-costs.ts';
import type { CostedJob, CostedVersion, UsageSubject } from '../../store/records.ts';
import type { InstanceSize } from '../../domain/jobs/job-definition.ts';
import type { InstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import type { SizeRates } from '../../domain/cost/size-rates.ts';
import type { Persistence } from '../../store/store.ts';
import { chooseDays } from '../workspaces/choose-days.ts';
import { findHourlyPrice, findRatePeriod } from '../../domain/cost/size-rates.ts';
import { groupCosts, nameGroup, priceEntries } from '../../domain/cost/group-costs.ts';
import { listTags } from '../../domain/jobs/job-definition.ts';
import { precedingDays } from '../../domain/cost/preceding-days.ts';
import { toInstanceSize } from '../../domain/attempts/instance-sizes.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { suggestSize } from '../../domain/cost/suggest-size.ts';
import { sumCosts } from '../../domain/cost/sum-costs.ts';

/** The costs of a job, tag, user, size or workspace. */
export interface CostRow {
  /** Null for runs without a tag, and for runs that no user started. */
  key: string | null;
  /** Null if `key` is. */
  name: string | null;
  triggerKind: string | null;
  /** Null unless the row is a job or a workspace. */
  workspaceId: string | null;
  /** Of a job. */
  workspaceName: string | null;
  sum: CostSum;
  /** The same in as many days before; null if they were not counted from their start. */
  before: CostSum | null;
  /** Of a job: the size of its latest version with costs, and its use. */
  job: {
    size: InstanceSize;
    peakMemoryBytes: number | null;
    peakCores: number | null;
    memoryLimitBytes: number | null;
    suggestedSize: InstanceSize | null;
  } | null;
}

export interface Cost {
  from: string;
  to: string;
  /** The first day (UTC) that is counted, from some time of it on. */
  countedSince: string;
  /** Null without rates. */
  currency: string | null;
  /** Each day from the first to the last. */
  days: { day: string; sum: CostSum }[];
  total: CostSum;
  before: CostSum | null;
  /** The highest cost first. */
  rows: CostRow[];
}

export type ReadCost = ReturnType<typeof createReadCost>;

/** Creates the service that reads what the runs of an organization or a workspace cost. */
export function createReadCost(
  { store }: Persistence<'costs' | 'sizeRates' | 'usage' | 'workspaces'>,
  instanceSizes: InstanceSizes,
) {
  async function findOrganizationId(subject: UsageSubject): Promise<string> {
    if ('organizationId' in subject) return subject.organizationId;
    const workspace = await store.workspaces.get(subject.workspaceId);
    if (!workspace) throw new ServiceError('not_found', 'There is no such workspace.');
    return workspace.organizationId;
  }

  async function readDays(
    subject: UsageSubject,
    { from, to, dates }: { from: string; to: string; dates: readonly string[] },
    rates: readonly SizeRates[],
  ) {
    const byDay = Map.groupBy(await store.costs.listDays(subject, { from, to }), ({ day }) => day);
    return dates.map((day) => {
      const ratePeriod = findRatePeriod(rates, day);
      return {
        day,
        sum: sumCosts(byDay.get(day) ?? [], ({ size }) => findHourlyPrice(rates, ratePeriod, size)),
      };
    });
  }

  /** Returns the names of groups by their key. */
  async function readNames(
    groups: readonly CostGroup[],
    by: CostGrouping,
    jobs: ReadonlyMap<string, CostedJob>,
  ): Promise<(key: string) => string> {
    const keys = groups.flatMap(({ key }) => key ?? []);
    if (by === 'job') return (key) => jobs.get(key)?.name ?? key;
    if (by === 'person') return namesOf(await store.costs.listUsers(keys), ({ email }) => email);
    if (by === 'workspace') return namesOf(await store.costs.listWorkspaces(keys), ({ name }) => name);
    return (key) => key;
  }

  /**
   * Reads costs by day and by group, with those of as many days before. Runs without known limits or without a
   * timeline are counted apart instead of as 0.
   * @throws ServiceError invalid_request, not_found
   */
  return async function readCost(subject: UsageSubject, by: CostGrouping, asked: AskedDays): Promise<Cost> {
    const rates = await store.sizeRates.list(await findOrganizationId(subject));
    const range = await chooseDays(store, asked);
    const countedSince = await store.costs.readFirstDay();
    const starts = rates.map(({ startsOn }) => startsOn);
    const preceding = precedingDays(range.from, range.dates.length);
    // A period that is counted only in part would show a growth that was none.
    const isComparable = preceding.from > countedSince;
    const [entries, earlier, days] = await Promise.all([
      store.costs.listEntries(subject, range, starts),
      isComparable ? store.costs.listEntries(subject, preceding, starts) : [],
      readDays(subject, range, rates),
    ]);
    const versions = await store.costs.listVersions(listVersionIds([...entries, ...earlier]));
    const tags = new Map(versions.map((version) => [version.id, readTags(version)]));
    const groupsOf = (some: readonly CostEntry[]) =>
      groupCosts(some, by, rates, (versionId) => tags.get(versionId) ?? []);
    const rows = await describeGroups(groupsOf(entries), by, versions);
    const sums = new Map(groupsOf(earlier).map((group) => [nameGroup(group), group.sum]));
    const nothing = priceEntries([], rates);
    return {
      from: range.from,
      to: range.to,
      countedSince,
      currency: rates.at(-1)?.currency ?? null,
      days,
      total: priceEntries(entries, rates),
      before: isComparable ? priceEntries(earlier, rates) : null,
      rows: rows
        .map((row) => ({ ...row, before: isComparable ? (sums.get(nameGroup(row)) ?? nothing) : null }))
        .toSorted(compareRows),
    };
  };

  async function describeGroups(
    groups: readonly CostGroup[],
    by: CostGrouping,
    versions: readonly CostedVersion[],
  ): Promise<Omit<CostRow, 'before'>[]> {
    const jobIds = by === 'job' ? groups.flatMap(({ key }) => key ?? []) : [];
    const jobs = new Map((await store.costs.listJobs(jobIds)).map((job) => [job.id, job]));
    const nameOf = await readNames(groups, by, jobs);
    const numbers = new Map(versions.map(({ id, version }) => [id, version]));
    return groups.map(({ key, triggerKind, entries, sum }) => ({
      key,
      name: key === null ? null : nameOf(key),
      triggerKind,
      workspaceId: by === 'job' || by === 'workspace' ? (entries[0]?.workspaceId ?? null) : null,
      workspaceName: jobs.get(key ?? '')?.workspaceName ?? null,
      sum,
      job: by === 'job' ? describeUse(entries, numbers) : null,
    }));
  }

  function describeUse(entries: readonly CostEntry[], numbers: ReadonlyMap<string, number>): CostRow['job'] {
    const numberOf = ({ jobVersionId }: CostEntry) => numbers.get(jobVersionId) ?? 0;
    const [latest] = entries.toSorted((one, other) => numberOf(other) - numberOf(one));
    const size = toInstanceSize(latest?.size ?? null);
    const use = priceEntries(
      entries.filter((entry) => toInstanceSize(entry.size) === size),
      [],
    );
    const { peakMemoryBytes, peakCores } = use;
    return {
      size,
      peakMemoryBytes,
      peakCores,
      memoryLimitBytes: instanceSizes[size].memoryBytes,
      suggestedSize: suggestSize(instanceSizes, { ...use, size }),
    };
  }
}

function readTags({ tags }: CostedVersion): string[] {
  return tags === null ? [] : listTags({ expose: { tags } });
}

const listVersionIds = (entries: readonly CostEntry[]): string[] => [
  ...new Set(entries.map(({ jobVersionId }) => jobVersionId)),
];

function namesOf<Row extends { id: string }>(rows: readonly Row[], nameOf: (row: Row) => string) {
  const names = new Map(rows.map((row) => [row.id, nameOf(row)]));
  return (key: string) => names.get(key) ?? key;
}

function compareRows(one: CostRow, other: CostRow): number {
  return (
    (other.sum.amount ?? 0) - (one.sum.amount ?? 0) ||
    other.sum.heldMs - one.sum.heldMs ||
    (`${one.name} ${one.key} ${one.triggerKind}` < `${other.name} ${other.key} ${other.triggerKind}` ? -1 : 1)
  );
}
