import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** Something that happened in a workspace with rules. */
export interface AlertEventRecord {
  /** bigint, as text. */
  id: string;
  kind: 'run-ended' | 'attempt-closed' | 'schema-change' | 'job-archived';
  /** Id of the run, the attempt, the change of a schema or the job. */
  subjectId: string;
  createdAt: Date;
}

/** Events of many workspaces are looked through for those that have some. */
const eventsLookedThrough = 2000;

export type AlertEventStore = ReturnType<typeof createAlertEventStore>;

/** Stores events that database triggers write in the transaction of the change (migrations 0039 and 0069). */
export function createAlertEventStore(sql: Queryable) {
  return {
    /** Lists workspaces with events, rules that are due, or messages that are due. */
    listWorkspacesWithWork: async (now: Date, limit: number) =>
      (
        await sql.prepared<{ workspaceId: string }>(
          named(
            `select distinct workspace_id as "workspaceId" from (
               (select workspace_id from alert_events order by id limit ${eventsLookedThrough})
               union all
               (select alert_rules.workspace_id from alert_rules
                  join workspaces on workspaces.id = alert_rules.workspace_id and workspaces.archived_at is null
                 where is_enabled and check_at <= :now order by check_at limit :limit)
               union all
               (select workspace_id from alert_incidents where next_at <= :now order by next_at limit :limit)) as work
              limit :limit`,
            { now, limit },
          ),
        )
      ).map(({ workspaceId }) => workspaceId),

    /**
     * Makes this transaction the only one that evaluates the workspace; false if another server does. Events of
     * a job are evaluated in order then, and a message is written once.
     */
    tryHold: async (workspaceId: string) =>
      (
        await sql.one<{ isHeld: boolean }>(
          named(
            `select pg_try_advisory_xact_lock(hashtextextended('pumphouse: alerts of ' || :workspaceId::text, 0)) as "isHeld"`,
            { workspaceId },
          ),
        )
      ).isHeld,

    /** Oldest first. */
    list: (workspaceId: string, limit: number) =>
      sql.query<AlertEventRecord>(
        named(
          `select id::text as id, kind, subject_id as "subjectId", created_at as "createdAt" from alert_events
            where workspace_id = :workspaceId order by alert_events.id limit :limit`,
          { workspaceId, limit },
        ),
      ),

    remove: (ids: readonly string[]) =>
      sql.execute(named('delete from alert_events where id = any(:ids::bigint[])', { ids })),
  };
}
