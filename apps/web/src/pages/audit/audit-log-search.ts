import { z } from 'zod';
import { searchList, searchText } from '../../search/search-params.ts';
import { actionsOf } from './audit-actions.ts';

/** The filters of an audit log, as its address has them. Days are those of the viewer's zone, both taken in. */
export const auditLogSearch = z.object({
  what: searchList,
  who: searchText,
  /** Kind and id of what it was done to, with a colon between. */
  target: searchText,
  from: searchText,
  to: searchText,
});
export type AuditLogSearch = z.output<typeof auditLogSearch>;

/** What to ask the server for. @param timezone the viewer's, in which days begin */
export function auditLogQuery({ what, who, target, from, to }: AuditLogSearch, timezone: string) {
  const colon = target?.indexOf(':') ?? -1;
  return {
    ...(what && { action: actionsOf(what) }),
    ...(who !== undefined && { actor_user_id: who }),
    ...(target !== undefined &&
      colon > 0 && { target_kind: target.slice(0, colon), target_id: target.slice(colon + 1) }),
    ...(from !== undefined && isDay(from) && { start: `${from}T00:00:00` }),
    ...(to !== undefined && isDay(to) && { end: `${dayAfter(to)}T00:00:00` }),
    timezone,
  };
}

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/** The zone of the browser, in which the days of the filters begin. */
export const viewerZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;
