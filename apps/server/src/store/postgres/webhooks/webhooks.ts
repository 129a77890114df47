import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

/** The address of one webhook path of a workspace. */
export interface WebhookRecord {
  id: string;
  workspaceId: string;
  path: string;
  sealedToken: Buffer;
  /** Null if deliveries need no signature. */
  sealedSigningSecret: Buffer | null;
  lastDeliveryAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export type NewWebhook = Pick<WebhookRecord, 'id' | 'workspaceId' | 'path' | 'sealedToken'> & {
  tokenHash: Buffer;
};

const webhookColumns = columns('webhooks', [
  'id',
  'workspace_id',
  'path',
  'sealed_token',
  'sealed_signing_secret',
  'last_delivery_at',
  'created_at',
  'updated_at',
]);

export type WebhookStore = ReturnType<typeof createWebhookStore>;

/** Stores addresses of webhooks, and accepted deliveries. */
export function createWebhookStore(sql: Queryable) {
  return {
    list: (workspaceId: string) =>
      sql.query<WebhookRecord>(
        named(
          `select ${webhookColumns} from webhooks where workspace_id = :workspaceId order by path collate "C"`,
          { workspaceId },
        ),
      ),

    findByToken: (tokenHash: Buffer) =>
      sql.maybeOne<WebhookRecord>(
        named(`select ${webhookColumns} from webhooks where token_hash = :tokenHash`, { tokenHash }),
      ),

    /** Serializes the deliveries of one webhook. Taken before the locks of jobs. */
    lock: (webhookId: string) =>
      sql.maybeOne<WebhookRecord>(
        named(`select ${webhookColumns} from webhooks where id = :webhookId for update`, { webhookId }),
      ),

    /** Does nothing if the path already has one. */
    insert: ({ id, workspaceId, path, tokenHash, sealedToken }: NewWebhook) =>
      sql.execute(
        named(
          `insert into webhooks (id, workspace_id, path, token_hash, sealed_token) values (:id, :workspaceId, :path, :tokenHash,
                                                                                 :sealedToken)
             on conflict (workspace_id, path) do nothing`,
          { id, workspaceId, path, tokenHash, sealedToken },
        ),
      ),

    /** Replaces the address; the old one stops working. Undefined if the workspace has no such webhook. */
    setToken: (workspaceId: string, webhookId: string, token: { hash: Buffer; sealed: Buffer }) =>
      sql.maybeOne<WebhookRecord>(
        named(
          `update webhooks set token_hash = :hash, sealed_token = :sealed, updated_at = now()
            where workspace_id = :workspaceId and id = :webhookId returning ${webhookColumns}`,
          { workspaceId, webhookId, hash: token.hash, sealed: token.sealed },
        ),
      ),

    /**
     * Sets the signing secret. Undefined if the workspace has no such webhook.
     * @param sealed null removes the secret
     */
    setSigningSecret: (workspaceId: string, webhookId: string, sealed: Buffer | null) =>
      sql.maybeOne<WebhookRecord>(
        named(
          `update webhooks set sealed_signing_secret = :sealed, updated_at = now()
            where workspace_id = :workspaceId and id = :webhookId returning ${webhookColumns}`,
          { workspaceId, webhookId, sealed },
        ),
      ),

    noteDelivery: (webhookId: string, at: Date) =>
      sql.execute(
        named('update webhooks set last_delivery_at = :at where id = :webhookId', { webhookId, at }),
      ),

    /** Finds the answer to a delivery with one of these keys that was accepted after `since`. */
    async findAnswer(webhookId: string, keys: readonly Buffer[], since: Date): Promise<unknown> {
      const [row] = await sql.query<{ answer: unknown }>(
        named(
          `select answer from webhook_deliveries where webhook_id = :webhookId and key = any(:keys) and received_at > :since
            order by received_at limit 1`,
          { webhookId, keys, since },
        ),
      );
      return row?.answer;
    },

    /** Stores a delivery under its keys, and removes those of the webhook from before `since`. */
    async remember(
      webhookId: string,
      delivery: { keys: readonly Buffer[]; answer: unknown; at: Date; since: Date },
    ): Promise<void> {
      const { keys, answer, at, since } = delivery;
      await sql.execute(
        named('delete from webhook_deliveries where webhook_id = :webhookId and received_at <= :since', {
          webhookId,
          since,
        }),
      );
      await sql.execute(
        named(
          `insert into webhook_deliveries (webhook_id, key, answer, received_at)
           select :webhookId, key, :answer, :at from unnest(:keys::bytea[]) as given (key)`,
          { webhookId, keys, answer: JSON.stringify(answer), at },
        ),
      );
    },
  };
}
