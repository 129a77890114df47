import type { AlertChannelKind, AlertChannelRecord } from '../../store/records.ts';
import type { ChannelSettings } from '../../domain/alerts/channel-settings.ts';
import type { Authorization } from '../people/authorize.ts';
import type { ChannelInput } from './channel-input.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { randomUUID } from 'node:crypto';
import { createSigningSecret } from '../deliveries/signing-secrets.ts';
import { signingSecretContext, targetContext } from './sealed-channels.ts';
import { maxChannels, parseChannelSettings } from '../../domain/alerts/channel-settings.ts';
import { readChannelInput } from './channel-input.ts';
import { requireFreeTargetName, type TargetKind } from '../deliveries/free-target-name.ts';
import { recordChange } from '../audit/audit.ts';
import { requireUser } from '../sign-in/principal.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { changeOpenWorkspace } from '../workspaces/open-workspace.ts';

type Stores = 'alertChannels' | 'alertDeliveries' | 'auditLog' | 'members' | 'workspaces';

const channelKind: TargetKind = {
  noun: 'alert channel',
  max: maxChannels,
  existsCode: 'alert_channel_exists',
  limitCode: 'alert_channel_limit_exceeded',
};

/** A channel, and its new signing secret, which is shown once; null for kinds that are not signed. */
export interface ChannelWithSecret {
  channel: AlertChannelRecord;
  signingSecret: string | null;
}

export type AlertChannels = ReturnType<typeof createAlertChannels>;

/** Manages the channels through which a workspace sends alerts. */
export function createAlertChannels(persistence: Persistence<Stores>, encryption: Encryption) {
  const { store } = persistence;

  const sealTarget = (channelId: string, target: string | null) =>
    target === null ? null : encryption.encrypt(Buffer.from(target), targetContext(channelId));

  const sealSecret = (channelId: string, secret: string) =>
    encryption.encrypt(Buffer.from(secret), signingSecretContext(channelId));

  const changeWorkspace = <Result>(workspaceId: string, work: (tx: Pick<Store, Stores>) => Promise<Result>) =>
    changeOpenWorkspace<Stores, Result>(persistence, workspaceId, work);

  return {
    /** Sorted by name. */
    list: (workspaceId: string): Promise<AlertChannelRecord[]> => store.alertChannels.list(workspaceId),

    /** @throws ServiceError not_found */
    get: (workspaceId: string, channelId: string): Promise<AlertChannelRecord> =>
      getChannel(store, workspaceId, channelId),

    /** @throws ServiceError invalid_request, alert_channel_exists, alert_channel_limit_exceeded, workspace_archived */
    async create(
      { workspace: access, principal }: Authorization,
      kind: AlertChannelKind,
      input: ChannelInput & { name: string },
    ): Promise<ChannelWithSecret> {
      if (!access) throw new Error('The operation was not authorized at a workspace');
      const { userId } = requireUser(principal);
      const workspaceId = access.workspace.id;
      const { settings, target } = readChannelInput(kind, input, null);
      const id = randomUUID();
      const signingSecret = kind === 'webhook' ? createSigningSecret() : null;
      const channel = await changeWorkspace(workspaceId, async (tx) => {
        await requireFreeName(tx, workspaceId, { id: null, name: input.name });
        await requireMembers(tx, workspaceId, settings, null);
        const created = await tx.alertChannels.insert({
          id,
          workspaceId,
          name: input.name,
          kind,
          settings,
          sealedTarget: sealTarget(id, target),
          sealedSigningSecret: signingSecret === null ? null : sealSecret(id, signingSecret),
          createdBy: userId,
        });
        await recordChange(tx, {
          ...about(created),
          action: 'alert-channel.create',
          before: null,
          after: describe(created),
        });
        return created;
      });
      return { channel, signingSecret };
    },

    /**
     * Changes a channel. Properties that are undefined stay. Messages that wait for a channel that is switched
     * off are dropped.
     * @throws ServiceError not_found, invalid_request, alert_channel_exists, workspace_archived
     */
    update: (
      workspaceId: string,
      channelId: string,
      input: ChannelInput & { isEnabled?: boolean | undefined },
    ): Promise<AlertChannelRecord> =>
      changeWorkspace(workspaceId, async (tx) => {
        const existing = await getChannel(tx, workspaceId, channelId);
        const name = input.name ?? existing.name;
        await requireFreeName(tx, workspaceId, { id: channelId, name });
        const { settings, target } = readChannelInput(
          existing.kind,
          input,
          parseChannelSettings(existing.settings),
        );
        await requireMembers(tx, workspaceId, settings, parseChannelSettings(existing.settings));
        const changed = await tx.alertChannels.update(channelId, {
          name,
          settings,
          sealedTarget: target === null ? existing.sealedTarget : sealTarget(channelId, target),
          isEnabled: input.isEnabled ?? existing.disabledAt === null,
        });
        if (changed.disabledAt) await tx.alertDeliveries.dropWaiting(channelId, 'channel_disabled');
        const [before, after] = [describe(existing), describe(changed)];
        await recordChange(tx, {
          ...about(changed),
          action: 'alert-channel.update',
          before,
          // The address or key itself is a secret: only the fact that it was replaced is recorded.
          after: target === null ? after : { ...after, target: 'replaced' },
        });
        return changed;
      }),

    /** @throws ServiceError not_found, workspace_archived */
    remove: (workspaceId: string, channelId: string): Promise<void> =>
      changeWorkspace(workspaceId, async (tx) => {
        const existing = await getChannel(tx, workspaceId, channelId);
        await tx.alertChannels.remove(channelId);
        await recordChange(tx, {
          ...about(existing),
          action: 'alert-channel.delete',
          before: describe(existing),
          after: null,
        });
      }),

    /**
     * Creates a new signing secret. The one before also signs for this many hours.
     * @throws ServiceError not_found, invalid_request for a kind without a signing secret, workspace_archived
     */
    async replaceSigningSecret(
      workspaceId: string,
      channelId: string,
      overlapHours: number,
    ): Promise<ChannelWithSecret> {
      const signingSecret = createSigningSecret();
      const channel = await changeWorkspace(workspaceId, async (tx) => {
        const existing = await getChannel(tx, workspaceId, channelId);
        if (existing.kind !== 'webhook')
          throw new ServiceError('invalid_request', 'Only channels of the kind webhook are signed.');
        const sealed = sealSecret(channelId, signingSecret);
        const changed = await tx.alertChannels.replaceSigningSecret(channelId, sealed, overlapHours);
        await recordChange(tx, {
          ...about(changed),
          action: 'alert-channel.replace-secret',
          before: null,
          after: { overlap_hours: overlapHours },
        });
        return changed;
      });
      return { channel, signingSecret };
    },
  };
}

/** @throws ServiceError not_found */
export async function getChannel(
  store: Pick<Store, 'alertChannels'>,
  workspaceId: string,
  channelId: string,
): Promise<AlertChannelRecord> {
  const channel = await store.alertChannels.get(workspaceId, channelId);
  if (!channel) throw new ServiceError('not_found', `There is no alert channel ${channelId}.`);
  return channel;
}

async function requireFreeName(
  tx: Pick<Store, 'alertChannels'>,
  workspaceId: string,
  channel: { id: string | null; name: string },
): Promise<void> {
  requireFreeTargetName(channelKind, await tx.alertChannels.list(workspaceId), channel);
}

/**
 * Checks that recipients are members of the workspace, or were when the channel was stored: mail skips members
 * who have left.
 * @throws ServiceError invalid_request
 */
async function requireMembers(
  tx: Pick<Store, 'members'>,
  workspaceId: string,
  { recipients }: ChannelSettings,
  existing: ChannelSettings | null,
): Promise<void> {
  const existingIds = existing?.recipients?.userIds ?? [];
  const added = (recipients?.userIds ?? []).filter((id) => !existingIds.includes(id));
  if (added.length === 0) return;
  const members = await tx.members.listOfWorkspace(workspaceId);
  const known = new Set(members.flatMap(({ kind, userId }) => (kind === 'human' ? userId : [])));
  const foreign = added.find((id) => !known.has(id));
  if (foreign === undefined) return;
  const key = 'recipients.user_ids';
  const message = `${foreign} is not a member of the workspace`;
  throw new ServiceError('invalid_request', `${key}: ${message}.`, [{ key, message }]);
}

/** The target of an audit entry. */
export function about({ workspaceId, id, name }: AlertChannelRecord) {
  return { workspaceId, target: { kind: 'alert-channel' as const, id, name } };
}

/** What the audit log shows of a channel: nothing secret. */
function describe(channel: AlertChannelRecord): object {
  const { host, region, recipients } = parseChannelSettings(channel.settings);
  return {
    name: channel.name,
    kind: channel.kind,
    is_enabled: channel.disabledAt === null,
    ...(host !== null && { host }),
    ...(region !== null && { region }),
    ...(recipients !== null && {
      recipients: {
        group: recipients.group,
        user_ids: recipients.userIds,
        addresses: recipients.addresses,
      },
    }),
  };
}
