import type {
  OrganizationLimits,
  UsageDay,
  UsageShare,
  UsageSubject,
  UsageSums,
  UsedMonth,
} from '../../store/records.ts';
import type { AskedDays } from './choose-days.ts';
import type { Persistence } from '../../store/store.ts';
import { chooseDays } from './choose-days.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface Usage {
  from: string;
  to: string;
  days: UsageDay[];
  total: UsageSums;
  month: UsedMonth;
  limits: OrganizationLimits;
}

export type ReadUsage = ReturnType<typeof createReadUsage>;

const nothing: UsageSums = { completedCount: 0, failedCount: 0, cancelledCount: 0, runMs: 0 };

/** Reads the use of an organization or a workspace by day, and how much of the month's limit that is. */
export function createReadUsage({ store }: Persistence<'organizationLimits' | 'usage' | 'workspaces'>) {
  async function readLimits(subject: UsageSubject): Promise<OrganizationLimits> {
    const organizationId =
      'organizationId' in subject
        ? subject.organizationId
        : (await store.workspaces.get(subject.workspaceId))?.organizationId;
    const limits = organizationId && (await store.organizationLimits.get(organizationId));
    if (!limits) throw new ServiceError('not_found', 'There is no such organization or workspace.');
    return limits;
  }

  return async function readUsage(subject: UsageSubject, asked: AskedDays): Promise<Usage> {
    const limits = await readLimits(subject);
    const { from, to, dates } = await chooseDays(store, asked);
    const known = new Map((await store.usage.listDays(subject, { from, to })).map((one) => [one.day, one]));
    const days = dates.map((day) => known.get(day) ?? { day, ...nothing });
    return {
      from,
      to,
      days,
      total: days.reduce(add, nothing),
      month: await store.usage.monthSoFar(subject),
      limits,
    };
  };
}

/** The use of one workspace or one job. */
export interface UsagePart {
  workspaceId: string;
  workspaceName: string;
  jobId: string | null;
  jobRef: string | null;
  total: UsageSums;
  /** Only days on which runs ended. */
  days: UsageDay[];
}

export type ReadUsageParts = ReturnType<typeof createReadUsageParts>;

/** Reads the use of each workspace or each job of a subject by day, the largest first. */
export function createReadUsageParts({ store }: Persistence<'usage'>) {
  return async function readUsageParts(
    subject: UsageSubject,
    by: 'workspace' | 'job',
    asked: AskedDays,
  ): Promise<{ from: string; to: string; parts: UsagePart[] }> {
    const { from, to } = await chooseDays(store, asked);
    const shares = await store.usage.listShares(subject, { from, to }, by);
    const byPart = Map.groupBy(shares, ({ workspaceId, jobId }) => jobId ?? workspaceId);
    const parts = [...byPart.values()].flatMap(toPart);
    const isMore = (a: UsagePart, b: UsagePart) =>
      b.total.runMs - a.total.runMs || (nameOf(a) < nameOf(b) ? -1 : 1);
    return { from, to, parts: parts.toSorted(isMore) };
  };
}

function toPart(shares: UsageShare[]): UsagePart[] {
  const [first] = shares;
  if (!first) return [];
  const { workspaceId, workspaceName, jobId, jobRef } = first;
  return [{ workspaceId, workspaceName, jobId, jobRef, total: shares.reduce(add, nothing), days: shares }];
}

function nameOf({ jobRef, workspaceName, workspaceId }: UsagePart): string {
  return `${jobRef ?? workspaceName} ${workspaceId}`;
}

function add(left: UsageSums, right: UsageSums): UsageSums {
  return {
    completedCount: left.completedCount + right.completedCount,
    failedCount: left.failedCount + right.failedCount,
    cancelledCount: left.cancelledCount + right.cancelledCount,
    runMs: left.runMs + right.runMs,
  };
}
