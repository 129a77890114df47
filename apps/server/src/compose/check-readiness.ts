import type { Backend } from '../executors/contract/backend.ts';
import type { Executor } from '../executors/executor.ts';
import type { ReadLoad } from '../services/runs/read-load.ts';
import type { ReadTickLag, TickLag } from '../services/scheduling/read-tick-lag.ts';
import type { LoopStatus } from '../platform/loops.ts';
import type { TemplateTotals } from '../api/probes/readiness.ts';
import type { Persistence } from '../store/store.ts';
import { describeShortDisk, describeUnwritable } from '../domain/doctor/data-folder-findings.ts';
import { findWriteFailure } from '../platform/find-write-failure.ts';
import { readDiskSpace } from '../platform/disk-space.ts';
import { setTimeout as delay } from 'node:timers/promises';

export interface ReadinessSources {
  persistence: Persistence;
  dataDir: string;
  /** Null without the role supervisor: such a server executes nothing. */
  executor: Backend | null;
  /** The loops of this server; null until all have started. */
  listLoops: () => readonly LoopStatus[] | null;
  /** Whether this server has the role scheduler. */
  schedules: boolean;
  readTickLag: ReadTickLag;
  /** Returns what prevents runs from reaching this server; null if nothing does. */
  findRunsProblem: () => Promise<string | null>;
  /** @throws BlobStoreError if blobs cannot be read and written */
  checkBlobs: () => Promise<void>;
  readLoad: ReadLoad;
}

/** Shorter than the timeout of most probes: a late response is less useful than one that names the store. */
const storeTimeoutMs = 1500;
/** A container engine that is busy starting runs is slow; one that hangs never answers. */
const executorTimeoutMs = 5000;
/** S3 answers in less than a second; a client that cannot connect says why after a few. */
const blobsTimeoutMs = 5000;
/** A scheduler that is this far behind does not catch up by itself. */
const maxSchedulerLagSeconds = 300;

/** Checks whether this server can accept and run work, and if not, why. */
export async function checkReadiness({
  persistence,
  dataDir,
  executor,
  listLoops,
  schedules,
  readTickLag,
  findRunsProblem,
  checkBlobs,
  readLoad,
}: ReadinessSources) {
  const [store, ticks, broken, runs, blobs, load, disk] = await Promise.all([
    findStoreProblem(persistence),
    orNull(readTickLag),
    executor ? findExecutorProblem(executor, dataDir) : null,
    inTime(findRunsProblem(), executorTimeoutMs, 'the connection between runs and this server has'),
    findBlobsProblem(checkBlobs),
    orNull(readLoad),
    readDiskSpace(dataDir).catch(() => null),
  ]);
  const reasons = store ? [`store: ${store}`] : [];
  if (broken) reasons.push(`executor: ${broken}`);
  if (runs) reasons.push(`runs: ${runs}`);
  if (blobs) reasons.push(`blobs: ${blobs}`);
  if (ticks && schedules && ticks.seconds > maxSchedulerLagSeconds)
    reasons.push(`scheduler: ${describeLag(ticks)}`);
  reasons.push(...listLoopProblems(listLoops()));
  const shortDisk = disk && describeShortDisk({ path: dataDir, ...disk });
  const degraded = [
    ...(ticks?.isBehind ? [describeLag(ticks)] : []),
    ...(load?.problems ?? []),
    ...(shortDisk === null ? [] : [shortDisk]),
  ];
  return { ok: reasons.length === 0, reasons, degraded, load, ticks, disk };
}

function describeLag({ seconds }: TickLag): string {
  return `ticks are ${Math.floor(seconds)} s behind: no server with the role scheduler decides on them in time`;
}

/** Runs start nevertheless, only slower. */
export function describeTemplatesProblem({ templates }: Pick<Executor, 'templates'>): string[] {
  const problem = templates?.describeProblem() ?? null;
  return problem === null ? [] : [`Runs start more slowly than they could: ${problem}`];
}

/** Null if the executor has no templates. */
export function sumTemplates({ templates }: Pick<Executor, 'templates'>): TemplateTotals | null {
  if (!templates) return null;
  const list = templates.list();
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    count: list.length,
    memoryBytes: sum(list.map(({ memoryBytes }) => memoryBytes)),
    runs: sum(list.map(({ runs }) => runs)),
  };
}

function listLoopProblems(loops: readonly LoopStatus[] | null): string[] {
  if (!loops) return ['server: it is still starting'];
  return loops.flatMap(({ name, readyWithinMs, startedAt, lastSuccessAt }) => {
    if (readyWithinMs === null) return [];
    const silentMs = Date.now() - (lastSuccessAt ?? startedAt).getTime();
    return silentMs > readyWithinMs ? [`${name}: no iteration succeeded for ${readyWithinMs / 1000} s`] : [];
  });
}

/**
 * Reads a figure, or null if the store does not provide it in time. Late ticks and long waits do not make a server
 * unready by themselves: without the servers that are removed from a load balancer, users would lose the API, and
 * wait longer.
 */
export function orNull<Figure>(read: () => Promise<Figure>): Promise<Figure | null> {
  const late = delay(storeTimeoutMs, null, { ref: false });
  return Promise.race([read().catch(() => null), late]);
}

function findStoreProblem(persistence: Persistence): Promise<string | null> {
  const answer = persistence.store.installation.ping().then(
    () => null,
    (error: Error) => error.message,
  );
  return inTime(answer, storeTimeoutMs, 'it has');
}

function findExecutorProblem(executor: Backend, dataDir: string): Promise<string | null> {
  return inTime(probe(executor, dataDir), executorTimeoutMs, 'it has');
}

/** Finds what runs wait for, too (`supervisor/start-obstacle.ts`). */
async function probe(executor: Backend, dataDir: string): Promise<string | null> {
  const writeFailure = await findWriteFailure(dataDir);
  if (writeFailure !== null) return describeUnwritable(writeFailure);
  const { ok, detail } = await executor.probe();
  return ok ? null : detail;
}

function findBlobsProblem(checkBlobs: ReadinessSources['checkBlobs']): Promise<string | null> {
  const answer = checkBlobs().then(
    () => null,
    (error: Error) => error.message,
  );
  return inTime(answer, blobsTimeoutMs, 'it has');
}

/** Returns the problem found, if any; a check without a result in time is a problem, too. */
function inTime(answer: Promise<string | null>, timeoutMs: number, whoHas: string): Promise<string | null> {
  const late = delay(timeoutMs, `${whoHas} not answered for ${timeoutMs / 1000} s`, { ref: false });
  return Promise.race([answer, late]);
}
