import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  listProcesses,
  readBootId,
  selectDescendants,
  signalProcess,
} from '@pumphouse/server/executors/process/process-identity.ts';
import { listProcessesWithVariable } from '../fixtures/api-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';

/** What a data folder tells about attempts and Postgres while no server may be there to ask. */
export function createSiteDisk(dataDir: string) {
  const attemptsFolder = join(dataDir, 'attempts');
  const listAttempts = () => readdir(attemptsFolder);
  const cluster = join(dataDir, 'postgres', 'data');

  return {
    /** Bootstraps that run, with the attempt of each. */
    async listBootstraps(): Promise<{ attemptId: string; pid: number }[]> {
      const listed = (await listAttempts()).map((attemptId) => {
        const path = join(attemptsFolder, attemptId, 'process.json');
        const { pid } = existsSync(path)
          ? (JSON.parse(readFileSync(path, 'utf8')) as { pid: number })
          : { pid: 0 };
        return { attemptId, pid };
      });
      return listed.filter(({ pid }) => existsSync(`/proc/${pid}`));
    },
    /** Whether an attempt has recorded these words, delivered or not. */
    async hasRecorded(words: string): Promise<boolean> {
      const spools = (await listAttempts()).map((attemptId) => join(attemptsFolder, attemptId, 'spool'));
      return spools.some((spool) => existsSync(spool) && readFileSync(spool, 'utf8').includes(words));
    },
    /** Everything that runs for an attempt. */
    listProcesses: (attemptId: string) => listProcessesWithVariable(`PUMPHOUSE_ATTEMPT_ID=${attemptId}`),

    /** kill -9 of the site's Postgres, backends and all. */
    async killPostgres(): Promise<void> {
      const postmaster = Number.parseInt(await readFile(join(cluster, 'postmaster.pid'), 'utf8'), 10);
      const processes = selectDescendants(await listProcesses(), postmaster);
      const bootId = readBootId();
      for (const process of processes) signalProcess({ ...process, bootId }, 'SIGKILL');
    },
    /** Why the run failed, as the store has it; null when it did not. */
    async readFailureCode(jobRunId: string): Promise<string | null> {
      const client = new Client({ host: cluster, port: 5432, user: 'pumphouse', database: 'pumphouse' });
      await client.connect();
      try {
        const { rows } = await client.query<{ failure: { code: string } | null }>(
          'select failure from job_runs where id = $1',
          [jobRunId],
        );
        return rows[0]?.failure?.code ?? null;
      } finally {
        await client.end();
      }
    },

    /** Waits until what the attempts of the site needed is put away: their folders are gone, their logs packed. */
    async awaitTidiness(): Promise<void> {
      await eventually('attempts are removed and logs packed', async () => {
        const attempts = await listAttempts();
        const logs = await readdir(join(dataDir, 'blobs', 'logs'), { recursive: true });
        return attempts.length === 0 && logs.every((name) => !name.endsWith('.ndjson'));
      });
    },
  };
}
