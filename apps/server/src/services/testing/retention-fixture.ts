import type { EnvironmentBuilder } from '../../executors/contract/environment-builder.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { Purged, PurgeOptions } from '../retention/retention.ts';
import type { ServiceFixture } from './service-fixture.ts';
import type { WorkspaceFixture } from './workspace-fixture.ts';
import { join } from 'node:path';
import { defaultPendingLimits } from '../../domain/pipelines/pending-packages.ts';
import { createRetention } from '../retention/retention.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';
import { parseRetention, retentionKinds } from '../../domain/retention/retention-limits.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { removeUnfinishedBlobs } from '../../blobs/folder-blob-store.ts';
import { sealLog } from './seal-log.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';
import { ageRun } from '../../store/postgres/testing/runs.ts';
import { countLockWaits, countRows } from '../../store/postgres/testing/tables.ts';

/** An ended run and its data. */
export interface PastRun {
  run: JobRunRecord;
  attemptId: string;
}

export type RetentionFixture = ReturnType<typeof createRetentionFixture>;

/** Creates retention over a fixture and an executor, and runs that ended days ago. */
export function createRetentionFixture(
  fixture: ServiceFixture,
  context: WorkspaceFixture,
  executor: EnvironmentBuilder,
  workerId?: string,
) {
  const { store, database, blobs } = fixture;
  /** The current time for retention; null for the real time. */
  const clock: { now: Date | null } = { now: null };
  const retention = createRetention({
    pendingLimits: defaultPendingLimits,
    ...fixture,
    executor,
    ...(workerId !== undefined && { workerId }),
    removeUnfinishedBlobs: (hours) => removeUnfinishedBlobs(join(fixture.folder, 'blobs'), hours),
    now: () => clock.now ?? new Date(),
  });

  async function addBody(attemptId: string, number: number, kind: string, body: unknown): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(body));
    const blobKey = `beacons/${attemptId}/${number}.json`;
    await blobs.put(blobKey, bytes);
    const receivedAt = new Date();
    await store.telemetry.addBody({ attemptId, number, kind, sizeBytes: bytes.length, blobKey, receivedAt });
  }

  /** Moves everything about a run this many days into the past. */
  async function makeOlder({ run }: Pick<PastRun, 'run'>, days: number): Promise<void> {
    await ageRun(database, run.id, days);
  }

  /** Creates a run with a log line, a trace, a state and a job result, which are ingested. */
  async function runOnce(jobRef: string): Promise<PastRun> {
    const { run, id: attemptId } = await context.createAttempt(await context.startRun(jobRef));
    await fixture.attemptLog.write(run.id, attemptId, [runnerLine('working', new Date())]);
    for (const [number, kind] of (['trace', 'state', 'job_result'] as const).entries()) {
      await addBody(attemptId, number, kind, readCapturedBody(bodies[kind]));
    }
    await fixture.ingestTelemetry.ofAttempt(attemptId);
    return { run, attemptId };
  }

  return {
    executor,
    clock,
    retention,
    addBody,
    makeOlder,
    runOnce,
    sealLog: (attemptId: string) => sealLog(fixture, attemptId),

    /** Adds a run that ended this many days ago and whose attempt was cleaned up. */
    async addPastRun(jobRef: string, days: number): Promise<PastRun> {
      const past = await runOnce(jobRef);
      await context.complete(past.run);
      await sealLog(fixture, past.attemptId);
      await makeOlder(past, days);
      return { ...past, run: await context.getRun(past.run.id) };
    },

    /** Removes what exceeds these limits, such as `logs=0d`, and nothing of other kinds. */
    purge(limits: string, options: Partial<PurgeOptions> = {}): Promise<Purged> {
      const others = retentionKinds.filter((kind) => !limits.includes(kind)).map((kind) => `${kind}=off`);
      const parsed = parseRetention([...others, limits].join(','));
      return retention.purge({ kinds: retentionKinds, limits: parsed, dryRun: false, ...options });
    },

    async listBlobs(prefix = ''): Promise<string[]> {
      const keys = (await Array.fromAsync(blobs.list(prefix))).map(({ key }) => key);
      return keys.toSorted();
    },

    /** Waits until one transaction of this test blocks on another one. */
    awaitLockWait: () =>
      eventually('a transaction waits for another', async () => {
        return (await countLockWaits(database)) > 0;
      }),

    countRows: (table: string): Promise<number> => countRows(database, table),
  };
}

const bodies = { trace: 'ok/002-trace', state: 'ok/001-state', job_result: 'ok/003-job_result' };
