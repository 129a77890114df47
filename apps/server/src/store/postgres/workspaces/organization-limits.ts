import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** Limits for the runs of an organization; null means no limit. */
export interface OrganizationLimits {
  /** Maximum number of active runs. */
  concurrentRuns: number | null;
  /** Run minutes, summed over a month (UTC). */
  minutesAMonth: number | null;
}

const limitColumns = 'concurrent_runs as "concurrentRuns", minutes_a_month as "minutesAMonth"';

export type OrganizationLimitStore = ReturnType<typeof createOrganizationLimitStore>;

/** Stores the limits of organizations. */
export function createOrganizationLimitStore(sql: Queryable) {
  return {
    get: (organizationId: string) =>
      sql.maybeOnePrepared<OrganizationLimits>(
        named(`select ${limitColumns} from organizations where id = :organizationId`, { organizationId }),
      ),

    /**
     * Locks the organization until the transaction ends, so that counted starts are serialized. Taken after
     * the locks of jobs. Rows that reference the organization can still be inserted.
     */
    lock: (organizationId: string) =>
      sql.maybeOne<OrganizationLimits>(
        named(`select ${limitColumns} from organizations where id = :organizationId for no key update`, {
          organizationId,
        }),
      ),

    set: (organizationId: string, limits: OrganizationLimits) =>
      sql.execute(
        named(
          `update organizations set concurrent_runs = :concurrentRuns, minutes_a_month = :minutesAMonth, updated_at = now()
            where id = :organizationId`,
          { organizationId, concurrentRuns: limits.concurrentRuns, minutesAMonth: limits.minutesAMonth },
        ),
      ),

    /** Finds organizations by name, or one by id. */
    find: (nameOrId: string) =>
      sql.query<{ id: string; name: string }>(
        named(
          'select id, name from organizations where id::text = lower(:nameOrId) or name = :nameOrId order by created_at, id',
          { nameOrId },
        ),
      ),
  };
}
