import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { RunsLocation } from '../fixtures/runs-location.ts';
import {
  listProcesses,
  readBootId,
  selectDescendants,
  signalProcess,
} from '@pumphouse/server/platform/process-identity.ts';
import { listAttemptProcesses } from '../fixtures/run-processes.ts';
import { eventually } from '../fixtures/eventually.ts';

export type SiteDisk = ReturnType<typeof createSiteDisk>;

/** What a data folder reveals about attempts and Postgres when no server may be running. */
export function createSiteDisk(dataDir: string, runs: RunsLocation) {
  const cluster = join(dataDir, 'postgres', 'data');

  /** Queries the site's Postgres, whichever servers are running. */
  async function query<Row extends object>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    const client = new Client({ host: cluster, port: 5432, user: 'pumphouse', database: 'pumphouse' });
    // Postgres may be killed meanwhile; the pending query reports it.
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query<Row>(sql, [...values]);
      return rows;
    } finally {
      await client.end();
    }
  }

  /**
   * Whether a server was killed before it had written the folder of an attempt. No run began in it, and the collector
   * of orphaned resources removes it when it is ten minutes old (testing/faults/orphans).
   */
  function isUnfinished(attemptId: string): boolean {
    const folder = join(dataDir, 'attempts', attemptId);
    return existsSync(folder) && !existsSync(join(folder, 'attempt.json'));
  }

  /** What an attempt's cleanup has left: its folder, or lines of its log that are not packed. */
  async function listUnremoved(): Promise<string[]> {
    const attempts = runs.listAttempts().filter((attemptId) => !isUnfinished(attemptId));
    const folders = attempts.map((attemptId) => `attempt ${attemptId}`);
    const folder = join(dataDir, 'blobs', 'logs');
    if (existsSync(folder)) {
      const logs = await readdir(folder, { recursive: true });
      return [...folders, ...logs.filter((name) => name.endsWith('.ndjson'))];
    }
    // With blobs in S3, lines that are not packed are rows.
    const text = 'select distinct attempt_id as "attemptId" from attempt_log_chunks where object_key is null';
    const chunks = await query<{ attemptId: string }>(text, []);
    return [...folders, ...chunks.map(({ attemptId }) => `lines of ${attemptId}`)];
  }

  return {
    /** Attempts whose bootstrap runs. */
    listBootstraps: () => runs.listBootstraps(),
    killBootstrap: (attemptId: string) => runs.signalBootstrap(attemptId, 'SIGKILL'),
    /** Suspends the bootstrap, while its user code continues. */
    freezeBootstrap: (attemptId: string) => runs.signalBootstrap(attemptId, 'SIGSTOP'),
    /** Whether an attempt has recorded this text, delivered or not. */
    async hasRecorded(message: string): Promise<boolean> {
      const spools = await Promise.all(runs.listAttempts().map((attemptId) => runs.locateSpool(attemptId)));
      return spools.some((spool) => existsSync(spool) && readFileSync(spool, 'utf8').includes(message));
    },
    /** All processes of an attempt. */
    listProcesses: (attemptId: string) => listAttemptProcesses(dataDir, attemptId),

    /** kill -9 of the site's Postgres with all its backends. */
    async killPostgres(): Promise<void> {
      const postmaster = Number.parseInt(await readFile(join(cluster, 'postmaster.pid'), 'utf8'), 10);
      const processes = selectDescendants(await listProcesses(), postmaster);
      const bootId = readBootId();
      for (const process of processes) signalProcess({ ...process, bootId }, 'SIGKILL');
    },
    query,
    /** The failure code of a run in the database; null if it did not fail. */
    async readFailureCode(jobRunId: string): Promise<string | null> {
      const text = 'select failure from job_runs where id = $1';
      const [row] = await query<{ failure: { code: string } | null }>(text, [jobRunId]);
      return row?.failure?.code ?? null;
    },

    /**
     * Waits until everything that the site's attempts needed is cleaned up: their folders removed, their logs
     * packed.
     */
    async awaitTidiness(): Promise<void> {
      await eventually('attempts are removed and logs packed', async () => {
        const unremoved = await listUnremoved();
        if (unremoved.length > 0) throw new Error(`these are left: ${unremoved.join(', ')}`);
        return true;
      });
    },
  };
}
