import type { Store } from '../../store/store.ts';
import { listDates } from '../../domain/workspaces/usage-days.ts';
import { maximumUsageDays } from '@pumphouse/contract';
import { ServiceError } from '../../platform/service-error.ts';

/** Postgres has no year 0. */
export const earliestDay = '1970-01-01';

/** The first and the last day (UTC); by default the current month so far. */
export interface AskedDays {
  from?: string | undefined;
  to?: string | undefined;
}

/**
 * Completes a range of days, and lists them.
 * @throws ServiceError invalid_request
 */
export async function chooseDays(store: Pick<Store, 'usage'>, asked: AskedDays) {
  const to = asked.to ?? (await store.usage.readToday());
  const from = asked.from ?? `${to.slice(0, 'YYYY-MM'.length)}-01`;
  const dates = from < earliestDay ? null : listDates(from, to, maximumUsageDays);
  if (dates) return { from, to, dates };
  const message = `must be a day from which it is 1 to ${maximumUsageDays} days up to "to"`;
  throw new ServiceError('invalid_request', `The query is not valid: from: ${message}.`, [
    { key: 'from', message },
  ]);
}
