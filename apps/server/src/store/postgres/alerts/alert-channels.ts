import type { Queryable } from '../pool.ts';
import { enableByUser, pauseStatement, replaceSecretStatement } from '../deliveries/delivery-targets.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

export type AlertChannelKind = 'slack' | 'teams' | 'webhook' | 'pagerduty' | 'email';

/** Where alerts of a workspace are sent. */
export interface AlertChannelRecord {
  id: string;
  workspaceId: string;
  name: string;
  kind: AlertChannelKind;
  /** Settings that are not secret; `domain/alerts/channel-settings.ts` parses them. */
  settings: object;
  /** The address or routing key; null for mail. */
  sealedTarget: Buffer | null;
  /** Signs generic webhooks; null for other kinds. */
  sealedSigningSecret: Buffer | null;
  /** The replaced secret, which also signs until it expires. */
  sealedPreviousSecret: Buffer | null;
  previousSecretExpiresAt: Date | null;
  /** Null while the channel sends. */
  disabledAt: Date | null;
  disabledReason: 'user' | 'rejected' | null;
  /** Messages in a row that the receiver rejected. */
  rejections: number;
  /** The receiver asked for a pause until then. */
  pausedUntil: Date | null;
  lastDeliveredAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export type NewAlertChannel = Pick<
  AlertChannelRecord,
  'id' | 'workspaceId' | 'name' | 'kind' | 'settings' | 'sealedTarget' | 'sealedSigningSecret'
> & { createdBy: string | null };

const channelColumns = columns('alert_channels', [
  'id',
  'workspace_id',
  'name',
  'kind',
  'settings',
  'sealed_target',
  'sealed_signing_secret',
  'sealed_previous_secret',
  'previous_secret_expires_at',
  'disabled_at',
  'disabled_reason',
  'rejections',
  'paused_until',
  'last_delivered_at',
  'created_at',
  'updated_at',
]);

export type AlertChannelStore = ReturnType<typeof createAlertChannelStore>;

/** Stores alert channels. Users change them under the lock of the workspace. */
export function createAlertChannelStore(sql: Queryable) {
  return {
    /** Sorted by name. */
    list: (workspaceId: string) =>
      sql.query<AlertChannelRecord>(
        named(
          `select ${channelColumns} from alert_channels where workspace_id = :workspaceId order by lower(name), id`,
          { workspaceId },
        ),
      ),

    get: (workspaceId: string, channelId: string) =>
      sql.maybeOne<AlertChannelRecord>(
        named(
          `select ${channelColumns} from alert_channels where workspace_id = :workspaceId and id = :channelId`,
          { workspaceId, channelId },
        ),
      ),

    insert: (channel: NewAlertChannel) =>
      sql.one<AlertChannelRecord>(
        named(
          `insert into alert_channels (id, workspace_id, name, kind, settings, sealed_target, sealed_signing_secret, created_by)
           values (:id, :workspaceId, :name, :kind, :settings, :sealedTarget, :sealedSigningSecret, :createdBy)
           returning ${channelColumns}`,
          { ...channel, settings: JSON.stringify(channel.settings) },
        ),
      ),

    /** Replaces what a user may change. A changed channel starts without rejections and pauses. */
    update: (
      channelId: string,
      change: Pick<AlertChannelRecord, 'name' | 'settings' | 'sealedTarget'> & { isEnabled: boolean },
    ) =>
      sql.one<AlertChannelRecord>(
        named(
          `update alert_channels
              set name = :name, settings = :settings, sealed_target = :sealedTarget, updated_at = now(),
                  rejections = 0, paused_until = null, ${enableByUser}
            where id = :channelId returning ${channelColumns}`,
          { ...change, channelId, settings: JSON.stringify(change.settings) },
        ),
      ),

    /** Replaces the signing secret. The one before also signs for this many hours; 0 ends it now. */
    replaceSigningSecret: (channelId: string, sealed: Uint8Array, overlapHours: number) =>
      sql.one<AlertChannelRecord>(
        replaceSecretStatement('alert_channels', {
          targetId: channelId,
          sealed,
          overlapHours,
          returning: channelColumns,
        }),
      ),

    /** Removes a channel with its deliveries. */
    remove: (channelId: string) =>
      sql.execute(named('delete from alert_channels where id = :channelId', { channelId })),

    noteDelivered: (channelId: string) =>
      sql.execute(
        named(
          `update alert_channels set rejections = 0, paused_until = null, last_delivered_at = now() where id = :channelId`,
          { channelId },
        ),
      ),

    /**
     * Counts a rejected message, and disables the channel after `maxRejections` in a row.
     * @returns whether this rejection disabled it
     */
    async noteRejected(channelId: string, maxRejections: number): Promise<boolean> {
      const row = await sql.maybeOne<{ isDisabledNow: boolean }>(
        named(
          `with before as (select id, disabled_at from alert_channels where id = :channelId for no key update)
           update alert_channels
              set rejections = rejections + 1,
                  disabled_at = case when alert_channels.disabled_at is null and rejections + 1 >= :maxRejections then now()
                                     else alert_channels.disabled_at end,
                  disabled_reason = case when alert_channels.disabled_at is null and rejections + 1 >= :maxRejections then 'rejected'
                                         else disabled_reason end
             from before where alert_channels.id = before.id
           returning before.disabled_at is null and alert_channels.disabled_at is not null as "isDisabledNow"`,
          { channelId, maxRejections },
        ),
      );
      return row?.isDisabledNow ?? false;
    },

    /** Sends nothing for this many seconds. A longer pause that was requested before stays. */
    pause: (channelId: string, seconds: number) =>
      sql.execute(pauseStatement('alert_channels', channelId, seconds)),
  };
}
