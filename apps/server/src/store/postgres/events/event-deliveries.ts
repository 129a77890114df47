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
import { attemptsInOrder } from '../../../domain/events/delivery-decision.ts';
import { named } from '../statements/named.ts';

export type EventDeliveryStatus = 'waiting' | 'delivered' | 'failed';

/** An event for one subscription: waiting, or an entry of the delivery log. */
export interface EventDeliveryRecord {
  id: string;
  subscriptionId: string;
  workspaceId: string;
  eventId: string;
  eventType: string;
  subject: string;
  /** A user sent it: a test, or an event again. */
  isResent: boolean;
  resentFrom: string | null;
  status: EventDeliveryStatus;
  /** Why the last attempt failed, or why there are no more. */
  reason: string | null;
  /** The earliest next attempt of a waiting delivery. */
  notBefore: Date;
  attempts: number;
  /** Whether a server is sending it now. */
  isSending: boolean;
  /** HTTP status of the last attempt. */
  responseCode: number | null;
  /** The first characters of the last answer. */
  answer: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

/** A delivery that this server is to send; `targetId` is its subscription. */
export type ClaimedEventDelivery = Pick<EventDeliveryRecord, 'id' | 'workspaceId' | 'attempts'> & {
  targetId: string;
};

export interface EventDeliveryFilter {
  subscriptionId?: string | null;
  statuses?: readonly string[] | null;
  eventTypes?: readonly string[] | null;
}

const tables: DeliveryTables = {
  deliveries: 'event_deliveries',
  targets: 'event_subscriptions',
  target: 'subscription_id',
  group: 'subject',
  holdsForAttempts: attemptsInOrder,
};

const deliveryColumns = `${columns('event_deliveries', [
  'id',
  'subscription_id',
  'workspace_id',
  'event_id',
  'event_type',
  'subject',
  'is_resent',
  'resent_from',
  'status',
  'reason',
  'not_before',
  'attempts',
  'response_code',
  'answer',
  'created_at',
  'finished_at',
])}, ${isSendingColumn(tables.deliveries)}`;

export type EventDeliverySortKey = 'created_at';

export type EventDeliveryStore = ReturnType<typeof createEventDeliveryStore>;

/** Stores deliveries of events: what waits, and the log of what was sent. */
export function createEventDeliveryStore(sql: Queryable) {
  return {
    /**
     * Adds a delivery that the caller sends itself, once: a test, or an event that a user sends again. Another
     * server sends it when the caller has not recorded a result after `leaseSeconds`.
     */
    addTaken: (request: {
      subscriptionId: string;
      eventId: string;
      resentFrom: string | null;
      leaseSeconds: number;
    }) =>
      sql.one<EventDeliveryRecord>(
        named(
          `insert into event_deliveries
                  (subscription_id, workspace_id, event_id, event_type, subject, is_resent, resent_from, attempts, taken_until)
           select :subscriptionId, workspace_id, id, type, subject, true, :resentFrom, 1, now() + make_interval(secs => :leaseSeconds)
             from events where id = :eventId
           returning ${deliveryColumns}`,
          request,
        ),
      ),

    get: (workspaceId: string, deliveryId: string) =>
      sql.maybeOne<EventDeliveryRecord>(
        named(
          `select ${deliveryColumns} from event_deliveries where workspace_id = :workspaceId and id = :deliveryId`,
          { workspaceId, deliveryId },
        ),
      ),

    /** The log of a workspace, or of one subscription, newest first unless sorted. */
    list(
      workspaceId: string,
      filter: EventDeliveryFilter,
    ): RowList<EventDeliveryRecord, EventDeliverySortKey> {
      const conditions = () => {
        const where = createConditions();
        where.add('event_deliveries.workspace_id = ?', workspaceId);
        where.add('event_deliveries.subscription_id = ?', filter.subscriptionId);
        where.addOneOf('event_deliveries.status', filter.statuses);
        where.addOneOf('event_deliveries.event_type', filter.eventTypes);
        return where;
      };
      return {
        async read(range) {
          const where = conditions();
          const text = walk(
            { columns: deliveryColumns, from: 'event_deliveries', where },
            orderDeliveries(tables.deliveries, range.sorting),
            range,
          );
          return readRange<EventDeliveryRecord>(sql, { text, where, isPrepared: false }, range);
        },
        count: (atMost) =>
          countRows(sql, { from: 'event_deliveries', where: conditions() }, atMost, { isPrepared: false }),
      };
    },

    /** Claims deliveries that are due, oldest first; those without a result after the lease are claimed again. */
    claim: (limits: ClaimLimits) => sql.query<ClaimedEventDelivery>(claimStatement(tables, limits)),

    /** Ends everything that waits for a subscription, except what is being sent. */
    failWaiting: (subscriptionId: string, reason: string) =>
      sql.execute(endWaitingStatement(tables, subscriptionId, { status: 'failed', reason })),

    /** Records the end of a delivery. A success counts even if the lease was lost; a failure does not. */
    finish: (claim: DeliveryClaim, status: 'delivered' | 'failed', result: SendResult) =>
      sql.execute(finishStatement(tables.deliveries, claim, { status, ...result })),

    /** Schedules the next attempt. Does nothing if the lease was lost and another server has the delivery. */
    retryLater: (claim: DeliveryClaim, delaySeconds: number, result: SendResult) =>
      sql.execute(retryStatement(tables.deliveries, claim, { delaySeconds, ...result })),
  };
}
