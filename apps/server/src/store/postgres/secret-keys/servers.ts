import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** A running server and the ids of its secret keys. */
export interface LiveServer {
  /** The same name as the owner of claims. */
  owner: string;
  /** Null for a server of the previous release, which does not report its keys. */
  keyId: string | null;
  readableKeyIds: string[];
}

export interface ServerKeys {
  id: string;
  owner: string;
  keyId: string;
  readableKeyIds: readonly string[];
}

export type ServerStore = ReturnType<typeof createServerStore>;

/** Creates the store of all servers of the installation, in any role. */
export function createServerStore(sql: Queryable) {
  return {
    async keepAlive({ id, owner, keyId, readableKeyIds }: ServerKeys): Promise<void> {
      await sql.execute(
        named(
          `insert into servers (id, owner, key_id, readable_key_ids) values (:id, :owner, :keyId, :readableKeyIds)
           on conflict (id) do update set seen_at = now()`,
          { id, owner, keyId, readableKeyIds },
        ),
      );
    },

    /** Removes servers that were killed. Called by each server that starts. */
    removeKilled: () => sql.execute(`delete from servers where seen_at < now() - interval '1 hour'`),

    remove: (id: string) => sql.execute(named('delete from servers where id = :id', { id })),

    /** Lists servers with a recent heartbeat, and supervisors of the previous release. */
    listLive: (seconds: number) =>
      sql.query<LiveServer>(
        named(
          `select owner, key_id as "keyId", readable_key_ids as "readableKeyIds" from servers
            where seen_at > now() - make_interval(secs => :seconds)
           union all
           select owner, null, '{}' from supervisors
            where seen_at > now() - make_interval(secs => :seconds)
              and worker_id is null and not exists (select from servers where servers.owner = supervisors.owner)
           order by owner`,
          { seconds },
        ),
      ),
  };
}
