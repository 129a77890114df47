import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

/** What an operator wants of a worker. `paused`: it takes no new runs. `draining`: and it stops after its last one. */
export type WorkerMode = 'active' | 'paused' | 'draining';

export interface WorkerRecord {
  id: string;
  /** Null: it runs jobs of every organization. */
  organizationId: string | null;
  name: string;
  mode: WorkerMode;
  /** Reported when it last connected. */
  labels: Record<string, string>;
  executor: string | null;
  version: string | null;
  hostName: string | null;
  connectionId: string | null;
  /** When it last answered; null if it has never connected. */
  seenAt: Date | null;
  createdAt: Date;
  removedAt: Date | null;
}

/** A worker as shown to users. */
export interface ListedWorker extends WorkerRecord {
  /** Seconds since it last answered, by the database clock; null without a connection. */
  silentSeconds: number | null;
  hasToken: boolean;
  activeRuns: number;
  /** Its slots for batch runs and for apps; null without a supervisor. */
  batchSlots: number | null;
  appSlots: number | null;
}

/** What a worker reports of itself when it connects. */
export interface WorkerReport {
  labels: Record<string, string>;
  executor: string;
  version: string;
  hostName: string;
  localDataInObjects: boolean;
}

const workerColumns = columns('workers', [
  'id',
  'organization_id',
  'name',
  'mode',
  'labels',
  'executor',
  'version',
  'host_name',
  'connection_id',
  'seen_at',
  'created_at',
  'removed_at',
]);

const selectListed = `select ${workerColumns}, token_hash is not null as "hasToken",
    case when connection_id is not null then extract(epoch from now() - seen_at)::float8 end as "silentSeconds",
    (select count(*)::int from job_runs
      where job_runs.worker_id = workers.id and job_runs.status in ('starting', 'running', 'cancelling')) as "activeRuns",
    slots.batch as "batchSlots", slots.apps as "appSlots"
  from workers left join lateral (
    select batch_slots as batch, app_slots as apps from supervisors
     where supervisors.worker_id = workers.id and expires_at > now() order by seen_at desc limit 1) as slots on true`;

export type WorkerStore = ReturnType<typeof createWorkerStore>;

/** Stores workers: hashes of their tokens, never tokens. */
export function createWorkerStore(sql: Queryable) {
  return {
    /** Counts the workers that have a connection to any server. */
    async countConnected(): Promise<number> {
      const { count } = await sql.one<{ count: number }>(
        `select count(*)::int as count from workers
          where connection_id is not null and removed_at is null and seen_at > now() - interval '10 seconds'`,
      );
      return count;
    },

    /** @returns null if the organization has a worker with this name */
    async create(worker: {
      organizationId: string | null;
      name: string;
      tokenHash: Uint8Array;
    }): Promise<string | null> {
      const row = await sql.maybeOne<{ id: string }>(
        named(
          `insert into workers (organization_id, name, token_hash) values (:organizationId, :name, :tokenHash)
           on conflict do nothing returning id`,
          worker,
        ),
      );
      return row?.id ?? null;
    },

    get: (workerId: string) =>
      sql.maybeOne<ListedWorker>(named(`${selectListed} where workers.id = :workerId`, { workerId })),

    /** Locks a worker until the transaction ends. */
    hold: (workerId: string) =>
      sql.maybeOne<WorkerRecord>(
        named(`select ${workerColumns} from workers where id = :workerId and removed_at is null for update`, {
          workerId,
        }),
      ),

    findByToken: (tokenHash: Uint8Array) =>
      sql.maybeOne<WorkerRecord>(
        named(`select ${workerColumns} from workers where token_hash = :tokenHash and removed_at is null`, {
          tokenHash,
        }),
      ),

    /** Lists the workers that may run jobs of an organization. */
    listOfOrganization: (organizationId: string) =>
      sql.query<ListedWorker>(
        named(
          `${selectListed} where removed_at is null and (organization_id = :organizationId or organization_id is null)
            order by organization_id is null, name`,
          { organizationId },
        ),
      ),

    /** Lists the workers of the installation. */
    listAll: () => sql.query<ListedWorker>(`${selectListed} where removed_at is null order by name, id`),

    setMode: (workerId: string, mode: WorkerMode) =>
      sql.execute(named('update workers set mode = :mode where id = :workerId', { workerId, mode })),

    /** Replaces the token, or revokes it; its connection ends. */
    setToken: (workerId: string, tokenHash: Uint8Array | null) =>
      sql.execute(
        named('update workers set token_hash = :tokenHash, connection_id = null where id = :workerId', {
          workerId,
          tokenHash,
        }),
      ),

    remove: (workerId: string) =>
      sql.execute(
        named(
          `update workers set removed_at = now(), token_hash = null, connection_id = null where id = :workerId`,
          { workerId },
        ),
      ),

    /**
     * Records a new connection, which replaces the previous one on any server.
     * @returns false if the token is no longer valid
     */
    async connect(
      workerId: string,
      {
        tokenHash,
        connectionId,
        serverId,
      }: { tokenHash: Uint8Array; connectionId: string; serverId: string },
      report: WorkerReport,
    ): Promise<boolean> {
      const touched = await sql.execute(
        named(
          `update workers set connection_id = :connectionId, connected_to = :serverId, seen_at = now(), labels = :labels,
                  executor = :executor, version = :version, host_name = :hostName,
                  local_data_in_objects = :localDataInObjects
            where id = :workerId and token_hash = :tokenHash and removed_at is null`,
          { workerId, tokenHash, connectionId, serverId, ...report },
        ),
      );
      return touched === 1;
    },

    /**
     * Records that connections are alive.
     * @returns the modes of the workers whose connections are still valid
     */
    beat: (connectionIds: readonly string[]) =>
      sql.query<{ connectionId: string | null; mode: WorkerMode }>(
        named(
          `update workers set seen_at = now() where connection_id = any(:connectionIds::uuid[])
          returning connection_id as "connectionId", mode`,
          { connectionIds },
        ),
      ),

    /** Records that a connection was closed, unless another one has replaced it. */
    disconnect: (connectionId: string) =>
      sql.execute(
        named('update workers set connection_id = null where connection_id = :connectionId', {
          connectionId,
        }),
      ),

    /** Lists workers with active runs that no server drives any more. */
    listAbandoned: async () => {
      const rows = await sql.prepared<{ workerId: string | null }>(
        `select distinct worker_id as "workerId" from job_runs
          where worker_id is not null and status in ('starting', 'running', 'cancelling') and lease_expires_at < now()`,
      );
      return rows.flatMap(({ workerId }) => (workerId === null ? [] : [workerId]));
    },
  };
}
