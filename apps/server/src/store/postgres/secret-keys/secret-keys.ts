import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

export type SecretKeyStore = ReturnType<typeof createSecretKeyStore>;

/** Creates the store of the ids of the secret keys that ciphertexts may need. */
export function createSecretKeyStore(sql: Queryable) {
  return {
    /** Locks within a transaction, so that a starting server and an ending rotation wait for each other. */
    lock: () => sql.execute('lock table secret_keys in exclusive mode'),

    async listUsed(): Promise<string[]> {
      const rows = await sql.query<{ id: string }>('select id from secret_keys order by first_used_at, id');
      return rows.map(({ id }) => id);
    },

    noteUsed: (id: string) =>
      sql.execute(named('insert into secret_keys (id) values (:id) on conflict do nothing', { id })),

    remove: (ids: readonly string[]) =>
      sql.execute(named('delete from secret_keys where id = any(:ids)', { ids })),
  };
}
