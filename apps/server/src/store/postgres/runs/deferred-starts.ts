import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

/** A start that a call has deferred until its upstreams in the same call complete. */
export interface DeferredStart {
  jobId: string;
  trigger: string;
  /** Null for the job's own. */
  profile: string | null;
  membershipId: string | null;
}

export const deferredStartColumns = columns('promised_starts', [
  'job_id',
  'trigger',
  'profile',
  'membership_id',
]);

export type DeferredStartStore = ReturnType<typeof createDeferredStartStore>;

/** Stores at most one deferred start for each job; a later one replaces it. */
export function createDeferredStartStore(sql: Queryable) {
  return {
    set: ({ jobId, trigger, profile, membershipId }: DeferredStart) =>
      sql.execute(
        named(
          `insert into promised_starts (job_id, trigger, profile, membership_id) values (:jobId, :trigger, :profile, :membershipId)
             on conflict (job_id) do update
            set trigger = excluded.trigger, profile = excluded.profile, membership_id = excluded.membership_id, created_at = now()`,
          { jobId, trigger, profile, membershipId },
        ),
      ),

    ofJobs: (jobIds: readonly string[]) =>
      sql.prepared<DeferredStart>(
        named(`select ${deferredStartColumns} from promised_starts where job_id = any(:jobIds)`, { jobIds }),
      ),

    remove: (jobIds: readonly string[]) =>
      sql.execute(named('delete from promised_starts where job_id = any(:jobIds)', { jobIds })),
  };
}
