import type { Queryable } from '../pool.ts';

/** How many runs supervisors drive at once. */
export interface SlotCounts {
  batch: number;
  apps: number;
}

export type SupervisorStore = ReturnType<typeof createSupervisorStore>;

/** The supervisors of the installation that are there, with the slots that they have. */
export function createSupervisorStore(sql: Queryable) {
  return {
    async keepAlive(owner: string, slots: SlotCounts, seconds: number): Promise<void> {
      await sql.execute(
        `insert into supervisors (owner, batch_slots, app_slots, expires_at)
         values ($1, $2, $3, now() + make_interval(secs => $4))
         on conflict (owner) do update set batch_slots = $2, app_slots = $3, expires_at = excluded.expires_at, seen_at = now()`,
        [owner, slots.batch, slots.apps, seconds],
      );
      // Those that were killed: their rows say nothing any more.
      await sql.execute(`delete from supervisors where expires_at < now() - interval '1 hour'`);
    },

    /** A sign of life between two calls of `keepAlive`. */
    beat: (owner: string) => sql.execute('update supervisors set seen_at = now() where owner = $1', [owner]),

    /** Those of the owners that have given no sign of life for so long, or have stopped. */
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

    /** Slots of all supervisors together; no supervisor is there where both are 0. */
    countSlots: () =>
      sql.one<SlotCounts>(
        `select coalesce(sum(batch_slots), 0)::int as batch, coalesce(sum(app_slots), 0)::int as apps
           from supervisors where expires_at > now()`,
      ),
  };
}
