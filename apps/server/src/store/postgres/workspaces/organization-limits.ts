import type { Queryable } from '../pool.ts';

/** What the runs of an organization may take; null has no limit. */
export interface OrganizationLimits {
  /** Runs that are active at once. */
  concurrentRuns: number | null;
  /** Minutes that runs take, added up over a month (UTC). */
  minutesAMonth: number | null;
}

const limitColumns = 'concurrent_runs as "concurrentRuns", minutes_a_month as "minutesAMonth"';

export type OrganizationLimitStore = ReturnType<typeof createOrganizationLimitStore>;

/** The limits of organizations. */
export function createOrganizationLimitStore(sql: Queryable) {
  return {
    get: (organizationId: string) =>
      sql.maybeOne<OrganizationLimits>(`select ${limitColumns} from organizations where id = $1`, [
        organizationId,
      ]),

    /**
     * Holds the organization until the transaction ends: starts that are counted follow each other. It comes after the locks of jobs.
     * Rows that name the organization can still be made.
     */
    lock: (organizationId: string) =>
      sql.maybeOne<OrganizationLimits>(
        `select ${limitColumns} from organizations where id = $1 for no key update`,
        [organizationId],
      ),

    set: (organizationId: string, limits: OrganizationLimits) =>
      sql.execute(
        'update organizations set concurrent_runs = $2, minutes_a_month = $3, updated_at = now() where id = $1',
        [organizationId, limits.concurrentRuns, limits.minutesAMonth],
      ),

    /** Organizations of this name, or the one with this id. */
    find: (nameOrId: string) =>
      sql.query<{ id: string; name: string }>(
        'select id, name from organizations where id::text = lower($1) or name = $1 order by created_at, id',
        [nameOrId],
      ),
  };
}
