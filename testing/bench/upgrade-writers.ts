import { Client, DatabaseError } from 'pg';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresConnection } from './migration-steps.ts';

/** A statement of a writer, in times of `performance.now()`. */
interface Write {
  startedMs: number;
  endedMs: number;
  /** Why it failed; null if it did not. */
  failure: string | null;
}

export interface UpgradeWriters {
  /** Returns the longest write in milliseconds of those that overlap with a time; 0 without any. */
  findLongest(fromMs: number, toMs: number): number;
  /** Lists why writes of that time failed, each reason once. */
  listFailures(fromMs: number, toMs: number): string[];
  /** Resolves after a time, by default one in which every writer has written. Rejects if a writer lost its connection. */
  settle(ms?: number): Promise<void>;
  /** @throws Error if a writer lost its connection */
  stop(): Promise<void>;
}

const writerCount = 4;
const pauseMs = 20;

/**
 * Starts clients that write runs from their start to their end, with the columns that each schema has. They go on until
 * they are stopped, whatever is migrated meanwhile.
 */
export async function startUpgradeWriters(
  connection: PostgresConnection,
  workspaceId: string,
): Promise<UpgradeWriters> {
  const writes: Write[] = [];
  const stopping = new AbortController();
  const writers = await Promise.all(
    Array.from({ length: writerCount }, async (_, index) => {
      const client = new Client(typeof connection === 'string' ? connection : { ...connection });
      await client.connect();
      return writeRuns(client, { workspaceId, index, writes, signal: stopping.signal });
    }),
  );
  const failed = Promise.all(writers.map(({ ended }) => ended));
  failed.catch(() => undefined);
  const listBetween = (fromMs: number, toMs: number) =>
    writes.filter(({ startedMs, endedMs }) => startedMs < toMs && endedMs > fromMs);
  return {
    findLongest: (fromMs, toMs) =>
      listBetween(fromMs, toMs).reduce(
        (longest, { startedMs, endedMs }) => Math.max(longest, endedMs - startedMs),
        0,
      ),
    listFailures: (fromMs, toMs) => [
      ...new Set(listBetween(fromMs, toMs).flatMap(({ failure }) => failure ?? [])),
    ],
    async settle(ms = 10 * pauseMs) {
      await Promise.race([delay(ms), failed]);
    },
    async stop() {
      stopping.abort();
      await failed;
    },
  };
}

interface WriterOptions {
  workspaceId: string;
  index: number;
  writes: Write[];
  signal: AbortSignal;
}

/** One client; its promise is wrapped, so that the caller does not wait for its end. */
function writeRuns(client: Client, { workspaceId, index, writes, signal }: WriterOptions) {
  async function write(text: string, values: readonly unknown[]): Promise<void> {
    const startedMs = performance.now();
    let failure: string | null = null;
    try {
      await client.query(text, [...values]);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      failure = error.message;
    }
    writes.push({ startedMs, endedMs: performance.now(), failure });
  }

  async function repeat(): Promise<void> {
    try {
      // Far from the numbers of the seeded runs.
      for (let number = 1_000_000_000 + index; !signal.aborted; number += writerCount) {
        const id = randomUUID();
        for (const { text, values } of listWrites({ id, workspaceId, number })) {
          await write(text, values);
          await delay(pauseMs, undefined, { signal }).catch(() => undefined);
        }
      }
    } finally {
      await client.end();
    }
  }
  return { ended: repeat() };
}

/** The writes of one run, with columns of the first migration. */
function listWrites({ id, workspaceId, number }: { id: string; workspaceId: string; number: number }) {
  return [
    {
      text: `insert into job_runs (id, workspace_id, job_id, job_version_id, deployment_id, configuration_id, number, status, trigger,
                    trigger_kind, triggered_by, profile, claim_number)
             select $1, $2, jobs.id, current_version_id, deployments.id, configurations.id, $3, 'pending', 'manual:', 'manual', $2, 'prod', 1
               from jobs join deployments using (workspace_id) join configurations using (workspace_id)
              where jobs.workspace_id = $2 order by jobs.id limit 1`,
      values: [id, workspaceId, number],
    },
    {
      text: `update job_runs set status = 'running', started_at = now(), updated_at = now() where id = $1`,
      values: [id],
    },
    {
      text: `insert into attempts (id, job_run_id, number, claim_number, executor, begun_at, log_sealed)
             values ($1, $1, 1, 1, 'process', now(), false)`,
      values: [id],
    },
    {
      text: `insert into pipeline_runs (workspace_id, job_run_id, attempt_id, transaction_id, pipeline_name, status, started_at,
                    finished_at, duration_ms, total_rows_extracted, total_rows_loaded, total_bytes_loaded, has_schema_migration,
                    is_empty_run, dlt_version, facts, trace_blob_key)
             values ($2, $1, $1, $1::uuid::text, 'orders', 'succeeded', now(), now(), 10, 1, 1, 80, false, false, '1.31.0', '{}', 'traces/none')`,
      values: [id, workspaceId],
    },
    { text: 'update attempts set log_sealed = true where id = $1', values: [id] },
    {
      text: `update job_runs set status = 'completed', finished_at = now(), updated_at = now() where id = $1`,
      values: [id],
    },
  ];
}
