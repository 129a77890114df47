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
  /** Host and port at which other servers reach it; null until it listens. */
  address: string | null;
}

/** The server that has the connection of a worker. */
export interface WorkerServer {
  serverId: string;
  /** Null until it listens. */
  address: string | null;
  /** The clock of the database. */
  now: Date;
}

export type ServerStore = ReturnType<typeof createServerStore>;

/** Creates the store of all servers of the installation, in any role. */
export function createServerStore(sql: Queryable) {
  return {
    async keepAlive({ id, owner, keyId, readableKeyIds, address }: ServerKeys): Promise<void> {
      await sql.execute(
        named(
          `insert into servers (id, owner, key_id, readable_key_ids, address)
           values (:id, :owner, :keyId, :readableKeyIds, :address)
           on conflict (id) do update set seen_at = now(), address = excluded.address`,
          { id, owner, keyId, readableKeyIds, address },
        ),
      );
    },

    /** Removes servers that were killed. Called by each server that starts. */
    removeKilled: () => sql.execute(`delete from servers where seen_at < now() - interval '1 hour'`),

    /** Reports whether a server has registered in this database and did not stop. */
    isRegistered: async (id: string) =>
      (await sql.maybeOne(named('select id from servers where id::text = :id', { id }))) !== undefined,

    remove: (id: string) => sql.execute(named('delete from servers where id = :id', { id })),

    /** @returns null for a worker without a connection */
    findOfWorker: (workerId: string, liveSeconds: number) =>
      sql.maybeOne<WorkerServer>(
        named(
          `select servers.id as "serverId", address, now()::timestamptz(3) as now
             from workers join servers on servers.id::text = workers.connected_to
            where workers.id = :workerId and connection_id is not null
              and servers.seen_at > now() - make_interval(secs => :liveSeconds)`,
          { workerId, liveSeconds },
        ),
      ),

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
