import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** Something that happened in a workspace with rules. */
export interface AlertEventRecord {
  /** bigint, as text. */
  id: string;
  kind: 'run-ended' | 'attempt-closed' | 'schema-change' | 'backfill-changed' | 'job-archived' | 'rule-added';
  /** Id of the run, the attempt, the change of a schema, the backfill, the job or the rule. */
  subjectId: string;
  createdAt: Date;
}

/** Events that wait, and those that were given up. */
export interface AlertEventState {
  waitingCount: number;
  /** When the oldest waiting event happened. */
  waitingSince: Date | null;
  droppedCount: number;
  lastDroppedAt: Date | null;
}

/** Events of many workspaces are looked through for those that have some. */
const eventsLookedThrough = 2000;
/** More waiting events are not counted. */
const eventsCounted = 10_000;

export type AlertEventStore = ReturnType<typeof createAlertEventStore>;

/** Stores events. Database triggers write most of them in the transaction of the change (migrations 0039 and 0069). */
export function createAlertEventStore(sql: Queryable) {
  return {
    /** Lists workspaces with events, rules that are due, or messages that are due. */
    listWorkspacesWithWork: async (now: Date, limit: number) =>
      (
        await sql.prepared<{ workspaceId: string }>(
          named(
            `select distinct workspace_id as "workspaceId" from (
               (select workspace_id from alert_events where dropped_at is null order by id limit ${eventsLookedThrough})
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
            where workspace_id = :workspaceId and dropped_at is null order by alert_events.id limit :limit`,
          { workspaceId, limit },
        ),
      ),

    /** For an enabled rule that is new or has another meaning: what failed before it is still to be reported. */
    addRule: (workspaceId: string, ruleId: string) =>
      sql.execute(
        named(
          `insert into alert_events (workspace_id, kind, subject_id) values (:workspaceId, 'rule-added', :ruleId)`,
          { workspaceId, ruleId },
        ),
      ),

    /** @returns when the event failed first */
    async noteFailure(id: string, at: Date): Promise<Date> {
      const noted = await sql.maybeOne<{ failingSince: Date | null }>(
        named(
          `update alert_events set failing_since = coalesce(failing_since, :at) where id = :id::bigint
           returning failing_since as "failingSince"`,
          { id, at },
        ),
      );
      return noted?.failingSince ?? at;
    },

    /** Gives an event up. It is kept for a while, so that operators see it. */
    drop: (id: string, at: Date) =>
      sql.execute(named('update alert_events set dropped_at = :at where id = :id::bigint', { id, at })),

    /** @param droppedSince older ones are not counted */
    readState: (droppedSince: Date) =>
      sql.one<AlertEventState>(
        named(
          `select (select count(*)::int from (
                     select from alert_events where dropped_at is null limit ${eventsCounted}) as waiting) as "waitingCount",
                  (select created_at from alert_events where dropped_at is null order by id limit 1) as "waitingSince",
                  count(*)::int as "droppedCount", max(dropped_at) as "lastDroppedAt"
             from alert_events where dropped_at > :droppedSince`,
          { droppedSince },
        ),
      ),

    /** Removes events that were given up before this instant; returns how many. */
    removeDropped: (before: Date, limit: number) =>
      sql.execute(
        named(
          `delete from alert_events where id in (
             select id from alert_events where dropped_at < :before order by dropped_at limit :limit)`,
          { before, limit },
        ),
      ),

    remove: (ids: readonly string[]) =>
      sql.execute(named('delete from alert_events where id = any(:ids::bigint[])', { ids })),
  };
}
