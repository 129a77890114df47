import type { AuditLogSearch } from './audit-log-search.ts';
import { actionsOf } from './audit-actions.ts';

/** The query for the server. @param timezone the shown time zone, in which days start */
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
