import type { Authorization } from '../people/authorize.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { EventSubscriptionRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { SubscriptionInput } from './subscription-input.ts';
import { randomUUID } from 'node:crypto';
import { checkSubscriptionInput } from './subscription-input.ts';
import { createSigningSecret } from '../deliveries/signing-secrets.ts';
import { eventSecretContext, urlContext } from './sealed-subscriptions.ts';
import { plainHost } from '../../outbound/target-url.ts';
import { requireFreeTargetName, type TargetKind } from '../deliveries/free-target-name.ts';
import { recordChange } from '../audit/audit.ts';
import { requireUser } from '../sign-in/principal.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { changeOpenWorkspace } from '../workspaces/open-workspace.ts';

type Stores = 'auditLog' | 'eventDeliveries' | 'eventSubscriptions' | 'workspaces';

const subscriptionKind: TargetKind = {
  noun: 'event subscription',
  max: 50,
  existsCode: 'event_subscription_exists',
  limitCode: 'event_subscription_limit_exceeded',
};

/** A subscription, and its new signing secret, which is shown once. */
export interface SubscriptionWithSecret {
  subscription: EventSubscriptionRecord;
  signingSecret: string;
}

export type EventSubscriptions = ReturnType<typeof createEventSubscriptions>;

/** Manages the receivers of the events of a workspace. */
export function createEventSubscriptions(persistence: Persistence<Stores>, encryption: Encryption) {
  const { store } = persistence;

  const sealUrl = (id: string, url: string) => encryption.encrypt(Buffer.from(url), urlContext(id));
  const sealSecret = (id: string, secret: string) =>
    encryption.encrypt(Buffer.from(secret), eventSecretContext(id));

  const changeWorkspace = <Result>(workspaceId: string, work: (tx: Pick<Store, Stores>) => Promise<Result>) =>
    changeOpenWorkspace<Stores, Result>(persistence, workspaceId, work);

  return {
    /** Sorted by name. */
    list: (workspaceId: string): Promise<EventSubscriptionRecord[]> =>
      store.eventSubscriptions.list(workspaceId),

    /**
     * @throws ServiceError invalid_request, event_subscription_exists, event_subscription_limit_exceeded,
     *   workspace_archived
     */
    async create(
      { workspace: access, principal }: Authorization,
      input: Required<Omit<SubscriptionInput, 'isEnabled'>>,
    ): Promise<SubscriptionWithSecret> {
      if (!access) throw new Error('The operation was not authorized at a workspace');
      const { userId } = requireUser(principal);
      const workspaceId = access.workspace.id;
      checkSubscriptionInput(input);
      const id = randomUUID();
      const signingSecret = createSigningSecret();
      const { name, description, url, eventTypes, scope } = input;
      const subscription = await changeWorkspace(workspaceId, async (tx) => {
        await requireFreeName(tx, workspaceId, { id: null, name });
        const created = await tx.eventSubscriptions.insert({
          id,
          workspaceId,
          name,
          description,
          eventTypes,
          scope,
          host: plainHost(new URL(url)),
          sealedUrl: sealUrl(id, url),
          sealedSigningSecret: sealSecret(id, signingSecret),
          createdBy: userId,
        });
        await recordChange(tx, {
          ...aboutSubscription(created),
          action: 'event-subscription.create',
          before: null,
          after: describe(created),
        });
        return created;
      });
      return { subscription, signingSecret };
    },

    /**
     * Changes a subscription. Properties that are undefined stay. Deliveries that wait for a subscription that
     * is disabled fail.
     * @throws ServiceError not_found, invalid_request, event_subscription_exists, workspace_archived
     */
    async update(
      workspaceId: string,
      subscriptionId: string,
      input: SubscriptionInput,
    ): Promise<EventSubscriptionRecord> {
      checkSubscriptionInput(input);
      const { url } = input;
      return changeWorkspace(workspaceId, async (tx) => {
        const existing = await getSubscription(tx, workspaceId, subscriptionId);
        const name = input.name ?? existing.name;
        await requireFreeName(tx, workspaceId, { id: subscriptionId, name });
        const changed = await tx.eventSubscriptions.update(subscriptionId, {
          name,
          description: input.description === undefined ? existing.description : input.description,
          eventTypes: input.eventTypes ?? existing.eventTypes,
          scope: input.scope ?? existing.scope,
          host: url === undefined ? existing.host : plainHost(new URL(url)),
          sealedUrl: url === undefined ? existing.sealedUrl : sealUrl(subscriptionId, url),
          isEnabled: input.isEnabled ?? existing.disabledAt === null,
        });
        if (changed.disabledAt) await tx.eventDeliveries.failWaiting(subscriptionId, 'subscription_disabled');
        const after = describe(changed);
        await recordChange(tx, {
          ...aboutSubscription(changed),
          action: 'event-subscription.update',
          before: describe(existing),
          // The URL itself may contain a secret: only the fact that it was replaced is recorded.
          after: url === undefined ? after : { ...after, url: 'replaced' },
        });
        return changed;
      });
    },

    /** @throws ServiceError not_found, workspace_archived */
    remove: (workspaceId: string, subscriptionId: string): Promise<void> =>
      changeWorkspace(workspaceId, async (tx) => {
        const existing = await getSubscription(tx, workspaceId, subscriptionId);
        await tx.eventSubscriptions.remove(subscriptionId);
        await recordChange(tx, {
          ...aboutSubscription(existing),
          action: 'event-subscription.delete',
          before: describe(existing),
          after: null,
        });
      }),

    /**
     * Creates a new signing secret. The one before also signs for this many hours.
     * @throws ServiceError not_found, workspace_archived
     */
    async replaceSigningSecret(
      workspaceId: string,
      subscriptionId: string,
      overlapHours: number,
    ): Promise<SubscriptionWithSecret> {
      const signingSecret = createSigningSecret();
      const sealed = sealSecret(subscriptionId, signingSecret);
      const subscription = await changeWorkspace(workspaceId, async (tx) => {
        await getSubscription(tx, workspaceId, subscriptionId);
        const changed = await tx.eventSubscriptions.replaceSigningSecret(
          subscriptionId,
          sealed,
          overlapHours,
        );
        await recordChange(tx, {
          ...aboutSubscription(changed),
          action: 'event-subscription.replace-secret',
          before: null,
          after: { overlap_hours: overlapHours },
        });
        return changed;
      });
      return { subscription, signingSecret };
    },
  };
}

/** @throws ServiceError not_found */
export async function getSubscription(
  store: Pick<Store, 'eventSubscriptions'>,
  workspaceId: string,
  subscriptionId: string,
): Promise<EventSubscriptionRecord> {
  const subscription = await store.eventSubscriptions.get(workspaceId, subscriptionId);
  if (!subscription) throw new ServiceError('not_found', `There is no event subscription ${subscriptionId}.`);
  return subscription;
}

async function requireFreeName(
  tx: Pick<Store, 'eventSubscriptions'>,
  workspaceId: string,
  subscription: { id: string | null; name: string },
): Promise<void> {
  requireFreeTargetName(subscriptionKind, await tx.eventSubscriptions.list(workspaceId), subscription);
}

/** The target of an audit entry. */
export function aboutSubscription({ workspaceId, id, name }: EventSubscriptionRecord) {
  return { workspaceId, target: { kind: 'event-subscription' as const, id, name } };
}

/** What the audit log shows of a subscription: nothing secret. */
function describe(subscription: EventSubscriptionRecord): object {
  const { scope } = subscription;
  return {
    name: subscription.name,
    description: subscription.description,
    host: subscription.host,
    event_types: subscription.eventTypes,
    scope: {
      job_ids: scope.jobIds,
      job_patterns: scope.jobPatterns,
      tags: scope.tags,
      pipeline_names: scope.pipelineNames,
    },
    is_enabled: subscription.disabledAt === null,
  };
}
