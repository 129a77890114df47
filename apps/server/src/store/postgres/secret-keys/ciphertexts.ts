import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

interface CiphertextColumn {
  table: string;
  column: string;
  /** A unique key of the row: SQL expressions and their types, in the order of an index. */
  key: Readonly<Record<string, string>>;
  /** The SQL expression of the encryption context, if it is not the key. */
  owner?: string;
}

/** All columns that contain ciphertexts. A test compares this list with the schema. */
export const ciphertextColumns = {
  variables: {
    table: 'variables',
    column: 'sealed_value',
    key: { workspace_id: 'uuid', "coalesce(profile, '')": 'text', name: 'text' },
  },
  'webhook-tokens': { table: 'webhooks', column: 'sealed_token', key: { id: 'uuid' } },
  'webhook-signing-secrets': { table: 'webhooks', column: 'sealed_signing_secret', key: { id: 'uuid' } },
  'invitation-mails': {
    table: 'invitation_mails',
    column: 'sealed_link',
    key: { invitation_id: 'uuid' },
  },
  'public-links': {
    table: 'app_publications',
    column: 'sealed_secret',
    key: { id: 'uuid' },
    owner: 'job_id',
  },
  'attempt-secrets': {
    table: 'attempts',
    column: 'bootstrap_secret',
    key: { id: 'uuid' },
    owner: 'job_run_id',
  },
  'alert-targets': { table: 'alert_channels', column: 'sealed_target', key: { id: 'uuid' } },
  'alert-signing-secrets': { table: 'alert_channels', column: 'sealed_signing_secret', key: { id: 'uuid' } },
  'alert-previous-secrets': {
    table: 'alert_channels',
    column: 'sealed_previous_secret',
    key: { id: 'uuid' },
  },
  'event-urls': { table: 'event_subscriptions', column: 'sealed_url', key: { id: 'uuid' } },
  'event-signing-secrets': {
    table: 'event_subscriptions',
    column: 'sealed_signing_secret',
    key: { id: 'uuid' },
  },
  'event-previous-secrets': {
    table: 'event_subscriptions',
    column: 'sealed_previous_secret',
    key: { id: 'uuid' },
  },
} as const satisfies Record<string, CiphertextColumn>;

export type CiphertextKind = keyof typeof ciphertextColumns;

export interface StoredCiphertext {
  /** The unique key of its row. */
  key: string[];
  /** What it was made for: the key, unless the column names another owner. */
  owner: string[];
  sealed: Buffer;
}

/** A configuration whose archive is stored. */
export interface StoredArchiveKey {
  id: string;
  archiveKey: string;
}

export type CiphertextStore = ReturnType<typeof createCiphertextStore>;

/** All ciphertexts of the installation, for replacing the key that they are under. */
export function createCiphertextStore(sql: Queryable) {
  return {
    /**
     * Ciphertexts that do not begin with these bytes, in the order of their keys.
     * @param after the key of the last one; null for the first ones
     */
    listWithout(
      kind: CiphertextKind,
      header: Buffer,
      after: readonly string[] | null,
      limit: number,
    ): Promise<StoredCiphertext[]> {
      const { table, column, key, owner }: CiphertextColumn = ciphertextColumns[kind];
      const parts = Object.keys(key);
      const isAfter = after === null ? 'true' : `(${parts.join(', ')}) > (${readKey(key)})`;
      const keyTexts = parts.map((part) => `(${part})::text`).join(', ');
      return sql.query<StoredCiphertext>(
        named(
          `select array[${keyTexts}] as key, array[${owner ? `${owner}::text` : keyTexts}] as owner, ${column} as sealed
             from ${table}
            where ${column} is not null and substring(${column} from 1 for :headerLength) <> :header and ${isAfter}
            order by ${parts.join(', ')} limit :limit`,
          { headerLength: header.length, header, limit, ...keyParts(after ?? []) },
        ),
      );
    },

    /** Replaces a ciphertext unless it was changed meanwhile. @returns whether it was replaced */
    async replace(
      kind: CiphertextKind,
      { key: keyOfRow, sealed }: StoredCiphertext,
      next: Buffer,
    ): Promise<boolean> {
      const { table, column, key }: CiphertextColumn = ciphertextColumns[kind];
      const touched = await sql.execute(
        named(
          `update ${table} set ${column} = :next
            where ${column} = :sealed and (${Object.keys(key).join(', ')}) = (${readKey(key)})`,
          { next, sealed, ...keyParts(keyOfRow) },
        ),
      );
      return touched === 1;
    },

    /** Configurations whose archives are stored, in the order of their ids. */
    listArchives: (after: string | null, limit: number) =>
      sql.query<StoredArchiveKey>(
        named(
          `select id, archive_key as "archiveKey" from configurations
            where archive_removed_at is null and (:after::uuid is null or id > :after) order by id limit :limit`,
          { after, limit },
        ),
      ),

    isArchiveStored: async (configurationId: string): Promise<boolean> =>
      (await sql.maybeOne(
        named(
          `select 1 as one from configurations where id = :configurationId and archive_removed_at is null`,
          { configurationId },
        ),
      )) !== undefined,
  };
}

/** Reads a key from the parameters of `keyParts`. */
function readKey(key: Readonly<Record<string, string>>): string {
  return Object.values(key)
    .map((type, index) => `:key${index}::${type}`)
    .join(', ');
}

function keyParts(key: readonly string[]): Record<string, string> {
  return Object.fromEntries(key.map((part, index) => [`key${index}`, part]));
}
