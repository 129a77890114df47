import type { OrganizationLimits, UsageDay, UsageSubject, UsageSums, UsedMonth } from '../store/records.ts';
import type { Persistence } from '../store/store.ts';
import { listDates } from '../domain/usage-days.ts';
import { maximumUsageDays } from '@pumphouse/contract';
import { ServiceError } from './service-error.ts';

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

/** What the runs of an organization or a workspace took, by day, and how much of the month's limit that is. */
export function createReadUsage({ store }: Persistence) {
  async function readLimits(subject: UsageSubject): Promise<OrganizationLimits> {
    const organizationId =
      'organizationId' in subject
        ? subject.organizationId
        : (await store.workspaces.get(subject.workspaceId))?.organizationId;
    const limits = organizationId && (await store.organizationLimits.get(organizationId));
    if (!limits) throw new ServiceError('not_found', 'There is no such organization or workspace.');
    return limits;
  }

  return async function readUsage(
    subject: UsageSubject,
    asked: { from?: string | undefined; to?: string | undefined },
  ): Promise<Usage> {
    const limits = await readLimits(subject);
    const today = await store.usage.readToday();
    const to = asked.to ?? today;
    const from = asked.from ?? `${to.slice(0, 'YYYY-MM'.length)}-01`;
    const dates = listDates(from, to, maximumUsageDays);
    if (!dates) {
      const message = `must be a day from which it is 1 to ${maximumUsageDays} days up to "to"`;
      throw new ServiceError('invalid_request', `The query is not valid: from: ${message}.`, [
        { key: 'from', message },
      ]);
    }
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

function add(left: UsageSums, right: UsageSums): UsageSums {
  return {
    completedCount: left.completedCount + right.completedCount,
    failedCount: left.failedCount + right.failedCount,
    cancelledCount: left.cancelledCount + right.cancelledCount,
    runMs: left.runMs + right.runMs,
  };
}
