import type { Backend } from '../executors/contract/backend.ts';
import type { Executor } from '../executors/executor.ts';
import type { Load, ReadLoad } from '../services/runs/read-load.ts';
import type { Clock } from '../services/scheduling/clock.ts';
import type { LoopStatus } from '../platform/loops.ts';
import type { TemplateTotals } from '../api/probes/readiness.ts';
import type { Persistence } from '../store/store.ts';
import { setTimeout as delay } from 'node:timers/promises';

export interface ReadinessSources {
  persistence: Persistence;
  /** Null without the role supervisor: such a server executes nothing. */
  executor: Backend | null;
  /** The loops of this server; null until all have started. */
  listLoops: () => readonly LoopStatus[] | null;
  /** The clock that ticks are based on. */
  clock: Clock;
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
const maxTickLagSeconds = 30;

/** Checks whether this server can accept and run work, and if not, why. */
export async function checkReadiness({
  persistence,
  executor,
  listLoops,
  clock,
  findRunsProblem,
  checkBlobs,
  readLoad,
}: ReadinessSources) {
  const [store, ticks, broken, runs, blobs, load] = await Promise.all([
    findStoreProblem(persistence),
    findTickProblem(persistence, clock),
    executor ? findExecutorProblem(executor) : null,
    inTime(findRunsProblem(), executorTimeoutMs, 'the connection between runs and this server has'),
    findBlobsProblem(checkBlobs),
    findLoad(readLoad),
  ]);
  const reasons = store ? [`store: ${store}`] : [];
  if (broken) reasons.push(`executor: ${broken}`);
  if (runs) reasons.push(`runs: ${runs}`);
  if (blobs) reasons.push(`blobs: ${blobs}`);
  // A store that does not answer explains the ticks as well.
  if (ticks && !store) reasons.push(`scheduler: ${ticks}`);
  reasons.push(...listLoopProblems(listLoops()));
  return { ok: reasons.length === 0, reasons, load };
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
 * A long wait does not make the server unready: removing it from a load balancer, or restarting it, would
 * only make the wait longer.
 */
function findLoad(readLoad: ReadLoad): Promise<Load | null> {
  const late = delay(storeTimeoutMs, null, { ref: false });
  return Promise.race([readLoad().catch(() => null), late]);
}

function findStoreProblem(persistence: Persistence): Promise<string | null> {
  const answer = persistence.store.installation.ping().then(
    () => null,
    (error: Error) => error.message,
  );
  return inTime(answer, storeTimeoutMs, 'it has');
}

/** Overdue ticks are the task of any scheduler: if none handles them, each server reports it. */
function findTickProblem({ store }: Persistence, clock: Clock): Promise<string | null> {
  const answer = async () => {
    const oldest = await store.schedules.nextTickAt();
    const behindSeconds = oldest ? ((await clock(store)).getTime() - oldest.getTime()) / 1000 : 0;
    if (behindSeconds <= maxTickLagSeconds) return null;
    return `ticks are ${Math.floor(behindSeconds)} s behind: no server with the role scheduler decides on them in time`;
  };
  return inTime(
    answer().catch((error: Error) => error.message),
    storeTimeoutMs,
    'the list of ticks has',
  );
}

function findExecutorProblem(executor: Backend): Promise<string | null> {
  const answer = executor.probe().then(({ ok, detail }) => (ok ? null : detail));
  return inTime(answer, executorTimeoutMs, 'it has');
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
