import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';

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
        `select ${webhookColumns} from webhooks where workspace_id = $1 order by path collate "C"`,
        [workspaceId],
      ),

    findByToken: (tokenHash: Buffer) =>
      sql.maybeOne<WebhookRecord>(`select ${webhookColumns} from webhooks where token_hash = $1`, [
        tokenHash,
      ]),

    /** Serializes the deliveries of one webhook. Taken before the locks of jobs. */
    lock: (webhookId: string) =>
      sql.maybeOne<WebhookRecord>(`select ${webhookColumns} from webhooks where id = $1 for update`, [
        webhookId,
      ]),

    /** Does nothing if the path already has one. */
    insert: ({ id, workspaceId, path, tokenHash, sealedToken }: NewWebhook) =>
      sql.execute(
        `insert into webhooks (id, workspace_id, path, token_hash, sealed_token) values ($1, $2, $3, $4, $5)
             on conflict (workspace_id, path) do nothing`,
        [id, workspaceId, path, tokenHash, sealedToken],
      ),

    /** Replaces the address; the old one stops working. Undefined if the workspace has no such webhook. */
    setToken: (workspaceId: string, webhookId: string, token: { hash: Buffer; sealed: Buffer }) =>
      sql.maybeOne<WebhookRecord>(
        `update webhooks set token_hash = $3, sealed_token = $4, updated_at = now()
          where workspace_id = $1 and id = $2 returning ${webhookColumns}`,
        [workspaceId, webhookId, token.hash, token.sealed],
      ),

    /**
     * Sets the signing secret. Undefined if the workspace has no such webhook.
     * @param sealed null removes the secret
     */
    setSigningSecret: (workspaceId: string, webhookId: string, sealed: Buffer | null) =>
      sql.maybeOne<WebhookRecord>(
        `update webhooks set sealed_signing_secret = $3, updated_at = now()
          where workspace_id = $1 and id = $2 returning ${webhookColumns}`,
        [workspaceId, webhookId, sealed],
      ),

    noteDelivery: (webhookId: string, at: Date) =>
      sql.execute('update webhooks set last_delivery_at = $2 where id = $1', [webhookId, at]),

    /** Finds the answer to a delivery with one of these keys that was accepted after `since`. */
    async findAnswer(webhookId: string, keys: readonly Buffer[], since: Date): Promise<unknown> {
      const [row] = await sql.query<{ answer: unknown }>(
        `select answer from webhook_deliveries where webhook_id = $1 and key = any($2) and received_at > $3
          order by received_at limit 1`,
        [webhookId, keys, since],
      );
      return row?.answer;
    },

    /** Stores a delivery under its keys, and removes those of the webhook from before `since`. */
    async remember(
      webhookId: string,
      delivery: { keys: readonly Buffer[]; answer: unknown; at: Date; since: Date },
    ): Promise<void> {
      const { keys, answer, at, since } = delivery;
      await sql.execute('delete from webhook_deliveries where webhook_id = $1 and received_at <= $2', [
        webhookId,
        since,
      ]);
      await sql.execute(
        `insert into webhook_deliveries (webhook_id, key, answer, received_at)
         select $1, key, $3, $4 from unnest($2::bytea[]) as given (key)`,
        [webhookId, keys, JSON.stringify(answer), at],
      );
    },
  };
}
