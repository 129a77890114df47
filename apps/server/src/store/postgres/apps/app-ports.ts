import type { PortRange } from '../../../domain/primitives/port-range.ts';
import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/**
 * How long a port rests after its app: cookies, caches and open pages of browsers belong to the port,
 * whichever app has it.
 */
const restDays = 30;

export type AppPortStore = ReturnType<typeof createAppPortStore>;

/** Stores the ports of apps, if apps have their own ports. */
export function createAppPortStore(sql: Queryable) {
  return {
    /** Finds the job with this port; null if the port is unassigned. */
    async findJobId(port: number): Promise<string | null> {
      const [row] = await sql.prepared<{ jobId: string | null }>(
        named('select job_id as "jobId" from app_ports where port = :port', { port }),
      );
      return row?.jobId ?? null;
    },

    /**
     * Assigns a port to a locked, active job: its current one if in the range, otherwise one that was never
     * used, otherwise the one whose app has been inactive for longest. Serialized across all servers until
     * the transaction ends.
     * @returns null if all ports are in use or resting
     */
    async give(jobId: string, { first, last }: PortRange): Promise<number | null> {
      await sql.execute('lock table app_ports in share row exclusive mode');
      const [own] = await sql.query<{ port: number }>(
        named('select port from app_ports where job_id = :jobId and port between :first and :last', {
          jobId,
          first,
          last,
        }),
      );
      if (own) return own.port;
      await sql.execute(
        named('update app_ports set job_id = null, left_at = now() where job_id = :jobId', { jobId }),
      );
      const [given] = await sql.query<{ port: number }>(
        named(
          `insert into app_ports (port, job_id)
           select free.port, :jobId from (
             select known.port, null::timestamptz as since from generate_series(:first::int, :last::int) as known (port)
              where not exists (select 1 from app_ports where app_ports.port = known.port)
             union all
             select app_ports.port,
                    least(left_at, case when jobs.is_archived then jobs.updated_at end, workspaces.archived_at) as since
               from app_ports left join jobs on jobs.id = app_ports.job_id left join workspaces on workspaces.id = jobs.workspace_id
              where app_ports.port between :first and :last
                and (left_at is not null or jobs.is_archived or workspaces.archived_at is not null)
           ) as free
            where free.since is null or free.since < now() - make_interval(days => :restDays)
            order by free.since nulls first, free.port limit 1
           on conflict (port) do update set job_id = excluded.job_id, given_at = now(), left_at = null
           returning port`,
          { jobId, first, last, restDays },
        ),
      );
      return given?.port ?? null;
    },
  };
}
