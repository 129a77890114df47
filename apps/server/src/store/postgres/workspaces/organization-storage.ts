import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/**
 * The stored data of an organization, of one kind. Null: not known from rows, as for environments that are not
 * measured yet.
 */
export interface OrganizationShare {
  kind: 'runs' | 'logs' | 'traces' | 'beacons' | 'packages' | 'environments' | 'audit' | 'alert-deliveries';
  count: number;
  bytes: number | null;
  oldest: Date | null;
}

export type OrganizationStorageStore = ReturnType<typeof createOrganizationStorageStore>;

const isTrace = `beacon_bodies.kind = 'trace' and beacon_bodies.ingested_at is not null and beacon_bodies.problem is null`;

const totals = (bytes: string, oldest: string) =>
  `count(*)::int as count, ${bytes} as bytes, min(${oldest}) as oldest`;
const sumOf = (bytes: string) => `coalesce(sum(${bytes}), 0)::bigint`;

/** An archive that several versions share counts once. */
const archives = ['deployments', 'configurations']
  .map(
    (table) => `select archive_key, max(size_bytes) as size_bytes, max(created_at) as created_at
                  from ${table} join places on places.id = ${table}.workspace_id
                 where archive_removed_at is null group by archive_key`,
  )
  .join(' union all ');

/**
 * Measures how much of the stored data belongs to an organization, by kind, from the sizes recorded in rows.
 */
export function createOrganizationStorageStore(sql: Queryable) {
  return {
    /** Returns one row for each kind, even if empty. */
    measure: (organizationId: string) =>
      sql.query<OrganizationShare>(
        named(
          `with places as (select id from workspaces where organization_id = :organizationId),
                runs as materialized (
                  select job_runs.id, job_runs.finished_at from job_runs join places on places.id = job_runs.workspace_id),
                own as materialized (
                  select attempts.id, attempts.log_stored_bytes, coalesce(attempts.finished_at, attempts.created_at) as at
                    from attempts join runs on runs.id = attempts.job_run_id),
                bodies as (
                  select ${isTrace} as is_trace, beacon_bodies.size_bytes, beacon_bodies.received_at
                    from beacon_bodies join own on own.id = beacon_bodies.attempt_id)
           select 'runs' as kind, ${totals('null::bigint', 'finished_at')} from runs where finished_at is not null
           union all
           select 'logs', ${totals(sumOf('log_stored_bytes'), 'at')} from own where log_stored_bytes is not null
           union all
           select case when asked.is_trace then 'traces' else 'beacons' end,
                  count(bodies.size_bytes)::int, ${sumOf('bodies.size_bytes')}, min(bodies.received_at)
             from (values (true), (false)) as asked (is_trace) left join bodies on bodies.is_trace = asked.is_trace
            group by asked.is_trace
           union all
           select 'packages', ${totals(sumOf('size_bytes'), 'created_at')} from (${archives}) as packages
           union all
           select 'environments', ${totals('case when count(*) = 0 then 0 else sum(size_bytes)::bigint end', 'last_used_at')}
             from environments where organization_id = :organizationId and state = 'ready'
           union all
           select 'audit', ${totals('null::bigint', 'at')} from audit_log where organization_id = :organizationId
           union all
           select 'alert-deliveries', ${totals('null::bigint', 'finished_at')}
             from alert_deliveries join places on places.id = alert_deliveries.workspace_id where finished_at is not null`,
          { organizationId },
        ),
      ),
  };
}
