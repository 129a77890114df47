import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';
import { wakeChannel } from '../outbox.ts';

/** The state that an event reports, as a trigger wrote it (migrations 0061 and 0076). Instants are ISO 8601 texts. */
export interface EventSnapshot {
  jobRunId?: string;
  status?: string;
  startedAt?: string | null;
  finishedAt?: string | null;
  updatedAt?: string;
  notBefore?: string | null;
  pipelineName?: string;
  schemaName?: string;
  versionHash?: string;
  jobId?: string | null;
  deploymentId?: string;
  repeatedLoadId?: string;
}

/** An event that is not dispatched yet. */
export interface EventRecord {
  id: string;
  /** Increases with each event of an installation. */
  position: number;
  workspaceId: string;
  type: string;
  subject: string;
  snapshot: EventSnapshot;
  createdAt: Date;
}

const eventColumns = `id, position, workspace_id as "workspaceId", type, subject, snapshot, created_at as "createdAt"`;

export type EventStore = ReturnType<typeof createEventStore>;

/** Stores events that database triggers write in the transaction of the change (migration 0061). */
export function createEventStore(sql: Queryable) {
  return {
    /** Lists workspaces with events that are not dispatched. */
    listWorkspacesWithWork: async (limit: number) =>
      (
        await sql.prepared<{ workspaceId: string }>(
          named(
            // A step of the index for each workspace: a backlog of one does not hide the others.
            `with recursive work as (
               (select workspace_id from events where content is null order by workspace_id limit 1)
               union all
               select (select events.workspace_id from events
                        where events.content is null and events.workspace_id > work.workspace_id
                        order by events.workspace_id limit 1)
                 from work where work.workspace_id is not null)
             select workspace_id as "workspaceId" from work where workspace_id is not null limit :limit`,
            { limit },
          ),
        )
      ).map(({ workspaceId }) => workspaceId),

    /** Makes this transaction the only one that dispatches events of the workspace; false if another does. */
    tryHold: async (workspaceId: string) =>
      (
        await sql.one<{ isHeld: boolean }>(
          named(
            `select pg_try_advisory_xact_lock(hashtextextended('pumphouse: events of ' || :workspaceId::text, 0)) as "isHeld"`,
            { workspaceId },
          ),
        )
      ).isHeld,

    /** Lists events that are not dispatched, oldest first. */
    listWaiting: (workspaceId: string, limit: number) =>
      sql.query<EventRecord>(
        named(
          `select ${eventColumns} from events where workspace_id = :workspaceId and content is null
            order by events.position limit :limit`,
          { workspaceId, limit },
        ),
      ),

    /** Adds an event that no trigger writes. The caller dispatches it in the same transaction. */
    add: (event: { workspaceId: string; type: string; subject: string }) =>
      sql.one<EventRecord>(
        named(
          `insert into events (workspace_id, type, subject, snapshot) values (:workspaceId, :type, :subject, '{}')
           returning ${eventColumns}`,
          event,
        ),
      ),

    /** Sets what is sent. False if the event was dispatched before. */
    setContent: async (eventId: string, content: object): Promise<boolean> =>
      (await sql.execute(
        named('update events set content = :content where id = :eventId and content is null', {
          eventId,
          content: JSON.stringify(content),
        }),
      )) === 1,

    /** Adds a delivery for each of these subscriptions that is enabled, and wakes the servers that send. */
    dispatch: (eventId: string, subscriptionIds: readonly string[]) =>
      sql.execute(
        named(
          `with added as (
             insert into event_deliveries (subscription_id, workspace_id, event_id, event_type, subject)
             select event_subscriptions.id, events.workspace_id, events.id, events.type, events.subject
               from events join event_subscriptions on event_subscriptions.workspace_id = events.workspace_id
              where events.id = :eventId and event_subscriptions.id = any(:subscriptionIds::uuid[])
                and event_subscriptions.disabled_at is null
              order by event_subscriptions.id for key share of event_subscriptions
             returning id)
           select pg_notify('${wakeChannel}', 'event-delivery') from added`,
          { eventId, subscriptionIds },
        ),
      ),

    /** Removes an event that is not dispatched. */
    drop: (eventId: string) =>
      sql.execute(named('delete from events where id = :eventId and content is null', { eventId })),

    /** Returns an event as it is sent; undefined if it is not dispatched or was removed. */
    async getContent(eventId: string): Promise<object | undefined> {
      const row = await sql.maybeOne<{ content: object | null }>(
        named('select content from events where id = :eventId', { eventId }),
      );
      return row?.content ?? undefined;
    },

    /** Removes events with their deliveries, except those that wait. Returns how many were removed. */
    removeOld: (before: Date, limit: number) =>
      sql.execute(
        named(
          `delete from events where id in (
             select id from events where created_at < :before and content is not null
                and not exists (select from event_deliveries where event_id = events.id and status = 'waiting')
              order by created_at, id limit :limit)`,
          { before, limit },
        ),
      ),
  };
}
