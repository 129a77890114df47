import type { Queryable } from '../pool.ts';
import type { SupervisorIdentity } from '../../../domain/workers/supervisor-identity.ts';
import { named } from '../statements/named.ts';

/** Maximum number of runs that supervisors drive concurrently. */
export interface SlotCounts {
  batch: number;
  apps: number;
}

export type SupervisorStore = ReturnType<typeof createSupervisorStore>;

/** Stores the live supervisors of the installation with their slots. */
export function createSupervisorStore(sql: Queryable) {
  return {
    /** @param isClaiming whether it takes new runs */
    async keepAlive(
      { owner, workerId, organizationId, labels }: SupervisorIdentity,
      slots: SlotCounts,
      { seconds, isClaiming }: { seconds: number; isClaiming: boolean },
    ): Promise<void> {
      await sql.execute(
        named(
          `insert into supervisors (owner, batch_slots, app_slots, expires_at, worker_id, organization_id, labels, is_claiming)
           values (:owner, :batch, :apps, now() + make_interval(secs => :seconds), :workerId, :organizationId, :labels, :isClaiming)
           on conflict (owner) do update set batch_slots = :batch, app_slots = :apps, expires_at = excluded.expires_at, seen_at = now(),
                                             is_claiming = :isClaiming`,
          {
            owner,
            workerId,
            organizationId,
            labels,
            isClaiming,
            batch: slots.batch,
            apps: slots.apps,
            seconds,
          },
        ),
      );
      // Rows of killed supervisors, which no longer matter.
      await sql.execute(`delete from supervisors where expires_at < now() - interval '1 hour'`);
    },

    /** Sends a heartbeat between two calls of `keepAlive`. */
    beat: (owner: string) =>
      sql.executePrepared(named('update supervisors set seen_at = now() where owner = :owner', { owner })),

    /** Lists those of the owners that have sent no heartbeat for this long, or have stopped. */
    async listSilent(owners: readonly string[], seconds: number): Promise<string[]> {
      const rows = await sql.query<{ owner: string }>(
        named(
          `select asked.owner from unnest(:owners::text[]) as asked (owner)
            where not exists (select from supervisors where supervisors.owner = asked.owner
                                 and seen_at > now() - make_interval(secs => :seconds))`,
          { owners, seconds },
        ),
      );
      return rows.map(({ owner }) => owner);
    },

    remove: (owner: string) => sql.execute(named('delete from supervisors where owner = :owner', { owner })),

    /** Counts the slots of all supervisors; both are 0 if there is no supervisor. */
    countSlots: () =>
      sql.one<SlotCounts>(
        `select coalesce(sum(batch_slots), 0)::int as batch, coalesce(sum(app_slots), 0)::int as apps
           from supervisors where expires_at > now()`,
      ),
  };
}
