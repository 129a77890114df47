import type { Encryption } from '../../platform/encryption.ts';
import type { JobRecord, WebhookRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { randomUUID } from 'node:crypto';
import { createSecret, hashSecret } from '../sign-in/credentials.ts';
import { findWebhookTrigger, readWebhookPath } from '../../domain/webhooks/webhook-path.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { explainClosed } from '../../platform/ciphertext.ts';
import { changeOpenWorkspace } from '../workspaces/open-workspace.ts';

/** A webhook as shown to members who manage its jobs. */
export interface ListedWebhook {
  webhook: WebhookRecord;
  /** The secret part of its address. */
  token: string;
  /** The jobs that a delivery would start; empty if its jobs were archived or changed. */
  jobs: JobRecord[];
}

interface WebhookRequest {
  workspaceId: string;
  webhookId: string;
}

export type Webhooks = ReturnType<typeof createWebhooks>;

/**
 * Manages the addresses of a workspace's webhooks and their secrets. `take-delivery.ts` handles deliveries.
 */
export function createWebhooks(
  persistence: Persistence<'auditLog' | 'jobs' | 'webhooks' | 'workspaces'>,
  encryption: Encryption,
) {
  function makeToken(webhookId: string) {
    const token = createSecret('dlt_h_');
    return {
      hash: hashSecret(token),
      sealed: encryption.encrypt(Buffer.from(token), tokenContext(webhookId)),
    };
  }

  function describe(webhook: WebhookRecord, listening: readonly JobRecord[]): ListedWebhook {
    const token = open(webhook.sealedToken, tokenContext(webhook.id), webhook);
    return {
      webhook,
      token,
      jobs: listening.filter((job) => findWebhookTrigger(job.triggers, webhook.path)),
    };
  }

  function open(sealed: Buffer, scope: string, { path }: WebhookRecord): string {
    try {
      return encryption.decrypt(sealed, scope).toString();
    } catch (error) {
      throw new Error(`The secrets of the webhook "${path}" cannot be opened: ${explainClosed(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * Changes one webhook; `apply` returns undefined if there is nothing to change. Webhooks of an archived
   * workspace cannot be changed. The audit entry contains only the fact that a secret was changed.
   */
  async function change(
    { workspaceId, webhookId }: WebhookRequest,
    action: string,
    apply: (store: Pick<Store, 'webhooks'>, known: WebhookRecord) => Promise<WebhookRecord | undefined>,
  ): Promise<ListedWebhook> {
    return changeOpenWorkspace(persistence, workspaceId, async (store) => {
      const known = (await store.webhooks.list(workspaceId)).find(({ id }) => id === webhookId);
      if (!known) throw new ServiceError('not_found', `There is no webhook ${webhookId}.`);
      const changed = await apply(store, known);
      if (changed) {
        const target = { kind: 'webhook', id: webhookId, name: known.path };
        await recordChange(store, { workspaceId, action, target, before: null, after: null });
      }
      return describe(changed ?? known, await store.jobs.listByTriggerType(workspaceId, 'webhook'));
    });
  }

  return {
    /**
     * Creates missing addresses for all paths that jobs of the workspace listen on, in the caller's
     * transaction. Existing addresses are kept.
     */
    async arrange(store: Pick<Store, 'jobs' | 'webhooks'>, workspaceId: string): Promise<void> {
      const jobs = await store.jobs.listByTriggerType(workspaceId, 'webhook');
      const wanted = new Set(jobs.flatMap((job) => job.triggers.map(readWebhookPath)));
      if (wanted.size === 0) return;
      for (const { path } of await store.webhooks.list(workspaceId)) wanted.delete(path);
      for (const path of wanted) {
        if (path === null) continue;
        const id = randomUUID();
        const { hash, sealed } = makeToken(id);
        await store.webhooks.insert({ id, workspaceId, path, tokenHash: hash, sealedToken: sealed });
      }
    },

    /** Sorted by path. */
    async list(workspaceId: string): Promise<ListedWebhook[]> {
      const { store } = persistence;
      const listening = await store.jobs.listByTriggerType(workspaceId, 'webhook');
      return (await store.webhooks.list(workspaceId)).map((webhook) => describe(webhook, listening));
    },

    /**
     * Replaces the address; the old one stops working at once.
     * @throws ServiceError not_found, workspace_archived
     */
    rotateToken: ({ workspaceId, webhookId }: WebhookRequest): Promise<ListedWebhook> =>
      change({ workspaceId, webhookId }, 'webhook.rotate-token', (store) =>
        store.webhooks.setToken(workspaceId, webhookId, makeToken(webhookId)),
      ),

    /**
     * Requires deliveries to be signed with this secret from now on.
     * @throws ServiceError not_found, workspace_archived
     */
    setSigningSecret: ({ workspaceId, webhookId }: WebhookRequest, secret: string): Promise<ListedWebhook> =>
      change({ workspaceId, webhookId }, 'webhook.set-signing-secret', (store) => {
        const sealed = encryption.encrypt(Buffer.from(secret), signingContext(webhookId));
        return store.webhooks.setSigningSecret(workspaceId, webhookId, sealed);
      }),

    /**
     * Stops requiring signatures: the address is all that a sender needs.
     * @throws ServiceError not_found, workspace_archived
     */
    removeSigningSecret: ({ workspaceId, webhookId }: WebhookRequest): Promise<ListedWebhook> =>
      change({ workspaceId, webhookId }, 'webhook.remove-signing-secret', async (store, known) =>
        known.sealedSigningSecret ? store.webhooks.setSigningSecret(workspaceId, webhookId, null) : undefined,
      ),

    /** Null if deliveries need no signature. */
    openSigningSecret: (webhook: WebhookRecord): string | null =>
      webhook.sealedSigningSecret && open(webhook.sealedSigningSecret, signingContext(webhook.id), webhook),
  };
}

/** What is sealed for one place cannot be opened at another. JSON, so that no two places have one description. */
export function tokenContext(webhookId: string): string {
  return JSON.stringify(['webhook token', webhookId]);
}

export function signingContext(webhookId: string): string {
  return JSON.stringify(['webhook signing secret', webhookId]);
}
