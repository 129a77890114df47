import type { Queryable } from '../pool.ts';
import type { RuleScope } from '../../../domain/alerts/rule-scope.ts';
import { enableByUser, pauseStatement, replaceSecretStatement } from '../deliveries/delivery-targets.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

export type SubscriptionDisabledReason = 'user' | 'gone' | 'failing';

/** A receiver of the events of a workspace. */
export interface EventSubscriptionRecord {
  id: string;
  workspaceId: string;
  name: string;
  description: string | null;
  /** Event types, exact or patterns. */
  eventTypes: string[];
  scope: RuleScope;
  /** The host of the URL, which may be shown. */
  host: string;
  sealedUrl: Buffer;
  sealedSigningSecret: Buffer;
  /** The replaced secret, which also signs until it expires. */
  sealedPreviousSecret: Buffer | null;
  previousSecretExpiresAt: Date | null;
  /** Null while it is enabled. */
  disabledAt: Date | null;
  disabledReason: SubscriptionDisabledReason | null;
  /** The receiver asked for a pause until then. */
  pausedUntil: Date | null;
  lastDeliveredAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What a user may change. */
export type SubscriptionContent = Pick<
  EventSubscriptionRecord,
  'name' | 'description' | 'eventTypes' | 'scope' | 'host' | 'sealedUrl'
>;

export type NewEventSubscription = SubscriptionContent &
  Pick<EventSubscriptionRecord, 'id' | 'workspaceId' | 'sealedSigningSecret'> & { createdBy: string | null };

const subscriptionColumns = columns('event_subscriptions', [
  'id',
  'workspace_id',
  'name',
  'description',
  'event_types',
  'scope',
  'host',
  'sealed_url',
  'sealed_signing_secret',
  'sealed_previous_secret',
  'previous_secret_expires_at',
  'disabled_at',
  'disabled_reason',
  'paused_until',
  'last_delivered_at',
  'created_at',
  'updated_at',
]);

export type EventSubscriptionStore = ReturnType<typeof createEventSubscriptionStore>;

/** Stores event subscriptions. Users change them under the lock of the workspace. */
export function createEventSubscriptionStore(sql: Queryable) {
  return {
    /** Sorted by name. */
    list: (workspaceId: string) =>
      sql.query<EventSubscriptionRecord>(
        named(
          `select ${subscriptionColumns} from event_subscriptions where workspace_id = :workspaceId order by lower(name), id`,
          { workspaceId },
        ),
      ),

    get: (workspaceId: string, subscriptionId: string) =>
      sql.maybeOne<EventSubscriptionRecord>(
        named(
          `select ${subscriptionColumns} from event_subscriptions where workspace_id = :workspaceId and id = :subscriptionId`,
          { workspaceId, subscriptionId },
        ),
      ),

    insert: (subscription: NewEventSubscription) =>
      sql.one<EventSubscriptionRecord>(
        named(
          `insert into event_subscriptions
                  (id, workspace_id, name, description, event_types, scope, host, sealed_url, sealed_signing_secret, created_by)
           values (:id, :workspaceId, :name, :description, :eventTypes, :scope, :host, :sealedUrl, :sealedSigningSecret, :createdBy)
           returning ${subscriptionColumns}`,
          { ...subscription, scope: JSON.stringify(subscription.scope) },
        ),
      ),

    /** Replaces what a user may change. A changed subscription starts without a pause. */
    update: (subscriptionId: string, change: SubscriptionContent & { isEnabled: boolean }) =>
      sql.one<EventSubscriptionRecord>(
        named(
          `update event_subscriptions
              set name = :name, description = :description, event_types = :eventTypes, scope = :scope, host = :host,
                  sealed_url = :sealedUrl, updated_at = now(), paused_until = null, ${enableByUser}
            where id = :subscriptionId returning ${subscriptionColumns}`,
          { ...change, subscriptionId, scope: JSON.stringify(change.scope) },
        ),
      ),

    /** Replaces the signing secret. The one before also signs for this many hours; 0 ends it now. */
    replaceSigningSecret: (subscriptionId: string, sealed: Uint8Array, overlapHours: number) =>
      sql.one<EventSubscriptionRecord>(
        replaceSecretStatement('event_subscriptions', {
          targetId: subscriptionId,
          sealed,
          overlapHours,
          returning: subscriptionColumns,
        }),
      ),

    /** Removes a subscription with its deliveries. */
    remove: (subscriptionId: string) =>
      sql.execute(named('delete from event_subscriptions where id = :subscriptionId', { subscriptionId })),

    noteDelivered: (subscriptionId: string) =>
      sql.execute(
        named(
          'update event_subscriptions set paused_until = null, last_delivered_at = now() where id = :subscriptionId',
          { subscriptionId },
        ),
      ),

    /**
     * Disables a subscription.
     * @param unlessDeliveredSince leaves one enabled that delivered something since then; null: always disables
     * @returns whether it was enabled before and is disabled now
     */
    disable: async (
      subscriptionId: string,
      reason: SubscriptionDisabledReason,
      unlessDeliveredSince: Date | null,
    ): Promise<boolean> =>
      (await sql.execute(
        named(
          `update event_subscriptions set disabled_at = now(), disabled_reason = :reason
            where id = :subscriptionId and disabled_at is null
              and (:since::timestamptz is null or last_delivered_at is null or last_delivered_at < :since)`,
          { subscriptionId, reason, since: unlessDeliveredSince },
        ),
      )) === 1,

    /** Sends nothing for this many seconds. A longer pause that was requested before stays. */
    pause: (subscriptionId: string, seconds: number) =>
      sql.execute(pauseStatement('event_subscriptions', subscriptionId, seconds)),
  };
}
