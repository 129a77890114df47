import type { Handlers } from '../handler.ts';
import type { ListedWebhook, Webhooks } from '../../services/webhooks/webhooks.ts';
import type { WebhookResponse } from '@pumphouse/contract';
import { encodeWebhookPath } from '../../domain/webhooks/webhook-path.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';
import { workspaceOf } from '../handler.ts';

type Operations =
  'list_webhooks' | 'rotate_webhook_token' | 'set_webhook_signing_secret' | 'remove_webhook_signing_secret';

export function createWebhookHandlers({ webhooks }: { webhooks: Webhooks }): Pick<Handlers, Operations> {
  return {
    async list_webhooks(call) {
      const { workspaceId } = workspaceOf(call);
      const listed = await webhooks.list(workspaceId);
      return { webhooks: listed.map((webhook) => toWebhook(webhook, call.origin)) };
    },

    async rotate_webhook_token(call) {
      const { workspace_id: workspaceId, webhook_id: webhookId } = call.params;
      return toWebhook(await webhooks.rotateToken({ workspaceId, webhookId }), call.origin);
    },

    async set_webhook_signing_secret(call) {
      const { workspace_id: workspaceId, webhook_id: webhookId } = call.params;
      const changed = await webhooks.setSigningSecret({ workspaceId, webhookId }, call.body.signing_secret);
      return toWebhook(changed, call.origin);
    },

    async remove_webhook_signing_secret(call) {
      const { workspace_id: workspaceId, webhook_id: webhookId } = call.params;
      return toWebhook(await webhooks.removeSigningSecret({ workspaceId, webhookId }), call.origin);
    },
  };
}

/** @param origin the address at which senders reach this server */
function toWebhook({ webhook, token, jobs }: ListedWebhook, origin: string): WebhookResponse {
  return {
    id: webhook.id,
    path: webhook.path,
    url: `${origin}/hooks/${token}${encodeWebhookPath(webhook.path)}`,
    job_refs: jobs.map(({ jobRef }) => jobRef).toSorted(),
    has_signing_secret: webhook.sealedSigningSecret !== null,
    last_delivery_at: toInstantOrNull(webhook.lastDeliveryAt),
    created_at: toInstant(webhook.createdAt),
    updated_at: toInstant(webhook.updatedAt),
  };
}
