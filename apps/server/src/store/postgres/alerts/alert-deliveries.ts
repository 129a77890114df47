import type { AfterItem, StoredItem, StoredTotals } from '../retention/stored-item.ts';
import type { AlertChannelKind } from './alert-channels.ts';
import type { AlertMessage } from '../../../domain/alerts/alert-message.ts';
import type { Queryable } from '../pool.ts';
import type { DeliveryClaim, SendResult } from '../deliveries/delivery-log.ts';
import type { RowList } from '../statements/keyset.ts';
import { claimStatement, type ClaimLimits, type DeliveryTables } from '../deliveries/claim-deliveries.ts';
import {
  endWaitingStatement,
  finishStatement,
  isSendingColumn,
  orderDeliveries,
  retryStatement,
} from '../deliveries/delivery-log.ts';
import { columns } from '../statements/columns.ts';
import { countRows, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { named } from '../statements/named.ts';
import { wakeChannel } from '../outbox.ts';

export type AlertDeliveryStatus = 'waiting' | 'delivered' | 'failed' | 'dropped';

/** A message to one channel: waiting, or an entry of the delivery log. */
export interface AlertDeliveryRecord {
  id: string;
  channelId: string;
  workspaceId: string;
  /** Null for a test. */
  incidentId: string | null;
  message: AlertMessage;
  resentFrom: string | null;
  status: AlertDeliveryStatus;
  /** Why the last attempt failed, or why the message was dropped. */
  reason: string | null;
  /** The earliest next attempt of a waiting message. */
  notBefore: Date;
  giveUpAt: Date;
  attempts: number;
  /** Whether a server is sending it now. */
  isSending: boolean;
  /** HTTP status or SMTP reply code of the last attempt. */
  responseCode: number | null;
  /** The first characters of the last answer. */
  answer: string | null;
  /** Addresses that the mail server has already accepted the message for. */
  acceptedFor: string[];
  createdAt: Date;
  finishedAt: Date | null;
}

export interface NewAlertDeliveries {
  workspaceId: string;
  channelIds: readonly string[];
  /** Only channels of these kinds get the message; null: all. */
  channelKinds: readonly AlertChannelKind[] | null;
  message: AlertMessage;
  /** Null: as soon as possible. */
  notBefore: Date | null;
  /** Retries end this many hours after the first possible attempt. */
  giveUpHours: number;
}

/** A waiting message as `domain/alerts/settle-incident.ts` sees it. */
export interface WaitingAlert {
  id: string;
  kind: AlertMessage['kind'];
  attempts: number;
}

/** A message that this server is to send; `targetId` is its channel. */
export type ClaimedAlert = Pick<AlertDeliveryRecord, 'id' | 'workspaceId' | 'attempts'> & {
  targetId: string;
};

const tables: DeliveryTables = {
  deliveries: 'alert_deliveries',
  targets: 'alert_channels',
  target: 'channel_id',
  group: 'incident_id',
  holdsForAttempts: null,
};

const deliveryColumns = `${columns('alert_deliveries', [
  'id',
  'channel_id',
  'workspace_id',
  'incident_id',
  'message',
  'resent_from',
  'status',
  'reason',
  'not_before',
  'give_up_at',
  'attempts',
  'response_code',
  'answer',
  'accepted_for',
  'created_at',
  'finished_at',
])}, ${isSendingColumn(tables.deliveries)}`;

export type AlertDeliverySortKey = 'created_at';

export type AlertDeliveryStore = ReturnType<typeof createAlertDeliveryStore>;

/** Stores messages to alert channels: an outbox, and the log of what was sent. */
export function createAlertDeliveryStore(sql: Queryable) {
  return {
    /**
     * Adds a message for each of these channels of the workspace, and wakes the servers that send when the
     * transaction commits. Messages for disabled channels are dropped, which the log shows.
     * @returns the number of added messages
     */
    async add(request: NewAlertDeliveries): Promise<number> {
      const { workspaceId, channelIds, channelKinds, message, notBefore, giveUpHours } = request;
      const rows = await sql.query<{ id: string }>(
        named(
          `with added as (
             insert into alert_deliveries
                    (channel_id, workspace_id, incident_id, kind, message, not_before, give_up_at, status, reason, finished_at)
             select id, workspace_id, :incidentId, :kind, :message, coalesce(:notBefore, now()),
                    coalesce(:notBefore, now()) + make_interval(hours => :giveUpHours),
                    case when disabled_at is null then 'waiting' else 'dropped' end,
                    case when disabled_at is not null then 'channel_disabled' end,
                    case when disabled_at is not null then now() end
               from alert_channels where workspace_id = :workspaceId and id = any(:channelIds::uuid[])
                and (:channelKinds::text[] is null or kind = any(:channelKinds::text[]))
              order by id for key share
             returning id)
           select id, pg_notify('${wakeChannel}', 'alert-delivery') as "notified" from added`,
          {
            workspaceId,
            channelIds,
            channelKinds,
            incidentId: message.incidentId,
            kind: message.kind,
            message: JSON.stringify(message),
            notBefore,
            giveUpHours,
          },
        ),
      );
      return rows.length;
    },

    /**
     * Adds a message that the caller sends itself, once: a test, or a message that a user sends again.
     * Another server sends it when the caller has not recorded a result after `leaseSeconds`.
     */
    addTaken: (request: {
      workspaceId: string;
      channelId: string;
      message: AlertMessage;
      resentFrom: string | null;
      leaseSeconds: number;
    }) =>
      sql.one<AlertDeliveryRecord>(
        named(
          `insert into alert_deliveries
                  (channel_id, workspace_id, incident_id, kind, message, resent_from, is_resent, not_before, give_up_at, attempts, taken_until)
           values (:channelId, :workspaceId, :incidentId, :kind, :message, :resentFrom, :isResent, now(), now(), 1,
                   now() + make_interval(secs => :leaseSeconds))
           returning ${deliveryColumns}`,
          {
            ...request,
            message: JSON.stringify(request.message),
            incidentId: request.message.incidentId,
            kind: request.message.kind,
            isResent: request.resentFrom !== null,
          },
        ),
      ),

    get: (workspaceId: string, deliveryId: string) =>
      sql.maybeOne<AlertDeliveryRecord>(
        named(
          `select ${deliveryColumns} from alert_deliveries where workspace_id = :workspaceId and id = :deliveryId`,
          { workspaceId, deliveryId },
        ),
      ),

    /** The log of a workspace, or of one channel, newest first unless sorted. */
    list(
      workspaceId: string,
      filter: { channelId?: string | null; statuses?: readonly string[] | null; incidentId?: string | null },
    ): RowList<AlertDeliveryRecord, AlertDeliverySortKey> {
      const conditions = () => {
        const where = createConditions();
        where.add('alert_deliveries.workspace_id = ?', workspaceId);
        where.add('alert_deliveries.channel_id = ?', filter.channelId);
        where.add('alert_deliveries.incident_id = ?', filter.incidentId);
        where.addOneOf('alert_deliveries.status', filter.statuses);
        return where;
      };
      return {
        async read(range) {
          const where = conditions();
          const text = walk(
            { columns: deliveryColumns, from: 'alert_deliveries', where },
            orderDeliveries(tables.deliveries, range.sorting),
            range,
          );
          return readRange<AlertDeliveryRecord>(sql, { text, where, isPrepared: false }, range);
        },
        count: (atMost) =>
          countRows(sql, { from: 'alert_deliveries', where: conditions() }, atMost, { isPrepared: false }),
      };
    },

    /** Claims messages that are due, oldest first; those without a result after the lease are claimed again. */
    claim: (limits: ClaimLimits) => sql.query<ClaimedAlert>(claimStatement(tables, limits)),

    /** Incidents with waiting messages that may supersede others, none of which is being sent now. */
    listUnsettled: (limit: number) =>
      sql.query<{ channelId: string; incidentId: string }>(
        named(
          `select distinct later.channel_id as "channelId", coalesce(later.incident_id, '') as "incidentId" from alert_deliveries as later
            where later.status = 'waiting' and not later.is_resent and not later.is_settled and later.incident_id is not null
              and later.kind in ('reminder', 'acknowledged', 'resolved')
              and not exists (
                    select from alert_deliveries as sent
                     where sent.channel_id = later.channel_id and sent.incident_id = later.incident_id
                       and sent.status = 'waiting' and not sent.is_resent and sent.taken_until > now())
            limit :limit`,
          { limit },
        ),
      ),

    /**
     * Locks the waiting messages of an incident for a channel, in the order in which they were added. Empty
     * if one of them is being sent, or another server has locked them.
     */
    async lockWaiting(channelId: string, incidentId: string): Promise<WaitingAlert[]> {
      const rows = await sql.query<WaitingAlert & { isSending: boolean }>(
        named(
          `select id, kind, attempts, coalesce(taken_until > now(), false) as "isSending" from alert_deliveries
            where channel_id = :channelId and incident_id = :incidentId and status = 'waiting' and not is_resent
            order by position for update`,
          { channelId, incidentId },
        ),
      );
      return rows.some(({ isSending }) => isSending) ? [] : rows;
    },

    markSettled: (ids: readonly string[]) =>
      sql.execute(
        named('update alert_deliveries set is_settled = true where id = any(:ids::uuid[])', { ids }),
      ),

    drop: (ids: readonly string[], reason: string) =>
      sql.execute(
        named(
          `update alert_deliveries set status = 'dropped', reason = :reason, taken_until = null, finished_at = now()
            where id = any(:ids::uuid[]) and status = 'waiting'`,
          { ids, reason },
        ),
      ),

    /** Drops everything that waits for a channel. What is being sent at the moment is sent to its end. */
    dropWaiting: (channelId: string, reason: string) =>
      sql.execute(endWaitingStatement(tables, channelId, { status: 'dropped', reason })),

    /**
     * Records the end of a message. A delivery counts even if the lease was lost; a failure does not.
     * @returns whether it was recorded
     */
    finish: async (
      claim: DeliveryClaim,
      status: 'delivered' | 'failed',
      result: SendResult,
    ): Promise<boolean> =>
      (await sql.execute(finishStatement(tables.deliveries, claim, { status, ...result }))) === 1,

    /** Schedules the next attempt. Does nothing if the lease was lost and another server has the message. */
    retryLater: (claim: DeliveryClaim, delaySeconds: number, result: SendResult) =>
      sql.execute(retryStatement(tables.deliveries, claim, { delaySeconds, ...result })),

    /** The statements of retention: the log of what has ended, oldest first. */
    stored: {
      measure: () =>
        sql.one<StoredTotals>(
          `select count(*)::int as count, min(finished_at) as oldest, pg_total_relation_size('alert_deliveries')::bigint as bytes
             from alert_deliveries where finished_at is not null`,
        ),
      list: (after: AfterItem, limit: number) =>
        sql.query<StoredItem>(
          named(
            `select id, coalesce(finished_at, created_at) as at, 0 as bytes, false as "isNeeded" from alert_deliveries
              where finished_at is not null and (:at::timestamptz is null or (finished_at, id) > (:at, :id::uuid))
              order by finished_at, id limit :limit`,
            { at: after?.at ?? null, id: after?.id ?? null, limit },
          ),
        ),
      async remove(ids: readonly string[]): Promise<string[]> {
        const rows = await sql.query<{ id: string }>(
          named('delete from alert_deliveries where id = any(:ids::uuid[]) returning id', { ids }),
        );
        return rows.map(({ id }) => id);
      },
    },

    noteAccepted: (deliveryId: string, address: string) =>
      sql.execute(
        named(
          'update alert_deliveries set accepted_for = array_append(accepted_for, :address) where id = :deliveryId',
          { deliveryId, address },
        ),
      ),

    /** Ends what was tried without success until its time was over, for instance while its channel was paused. */
    giveUpExpired: () =>
      sql.execute(
        `update alert_deliveries set status = 'failed', taken_until = null, finished_at = now()
          where status = 'waiting' and attempts > 0 and give_up_at <= now() and (taken_until is null or taken_until <= now())`,
      ),
  };
}
