import type { Queryable } from '../pool.ts';

/** Maximum number of runs that supervisors drive concurrently. */
export interface SlotCounts {
  batch: number;
  apps: number;
}

export type SupervisorStore = ReturnType<typeof createSupervisorStore>;

/** Stores the live supervisors of the installation with their slots. */
export function createSupervisorStore(sql: Queryable) {
  return {
    async keepAlive(owner: string, slots: SlotCounts, seconds: number): Promise<void> {
      await sql.execute(
        `insert into supervisors (owner, batch_slots, app_slots, expires_at)
         values ($1, $2, $3, now() + make_interval(secs => $4))
         on conflict (owner) do update set batch_slots = $2, app_slots = $3, expires_at = excluded.expires_at, seen_at = now()`,
        [owner, slots.batch, slots.apps, seconds],
      );
      // Rows of killed supervisors, which no longer matter.
      await sql.execute(`delete from supervisors where expires_at < now() - interval '1 hour'`);
    },

    /** Sends a heartbeat between two calls of `keepAlive`. */
    beat: (owner: string) => sql.execute('update supervisors set seen_at = now() where owner = $1', [owner]),

    /** Lists those of the owners that have sent no heartbeat for this long, or have stopped. */
    async listSilent(owners: readonly string[], seconds: number): Promise<string[]> {
      const rows = await sql.query<{ owner: string }>(
        `select asked.owner from unnest($1::text[]) as asked (owner)
          where not exists (select from supervisors where supervisors.owner = asked.owner
                               and seen_at > now() - make_interval(secs => $2))`,
        [owners, seconds],
      );
      return rows.map(({ owner }) => owner);
    },

    remove: (owner: string) => sql.execute('delete from supervisors where owner = $1', [owner]),

    /** Counts the slots of all supervisors; both are 0 if there is no supervisor. */
    countSlots: () =>
      sql.one<SlotCounts>(
        `select coalesce(sum(batch_slots), 0)::int as batch, coalesce(sum(app_slots), 0)::int as apps
           from supervisors where expires_at > now()`,
      ),
  };
}
