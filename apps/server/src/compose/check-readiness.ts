import type { Executor } from '../executors/executor.ts';
import type { Load, ReadLoad } from '../services/runs/read-load.ts';
import type { Clock } from '../services/scheduling/clock.ts';
import type { LoopStatus } from '../platform/loops.ts';
import type { Persistence } from '../store/store.ts';
import { setTimeout as delay } from 'node:timers/promises';

export interface ReadinessSources {
  persistence: Persistence;
  executor: Executor;
  /** The loops of this server; null until all have started. */
  listLoops: () => readonly LoopStatus[] | null;
  /** The time by which ticks come. */
  clock: Clock;
  /** What keeps runs from reaching this server, or null. */
  findRunsProblem: () => Promise<string | null>;
  readLoad: ReadLoad;
}

/** Shorter than the time-out of most probes: an answer that comes too late says less than one that names the store. */
const storeTimeoutMs = 1500;
/** A container engine that is busy starting runs takes its time; one that stands still never answers. */
const executorTimeoutMs = 5000;
const longestTickLagSeconds = 30;

/** Whether this server can take and run work, and if not, what is wrong. */
export async function checkReadiness({
  persistence,
  executor,
  listLoops,
  clock,
  findRunsProblem,
  readLoad,
}: ReadinessSources) {
  const [store, ticks, broken, runs, load] = await Promise.all([
    findStoreProblem(persistence),
    findTickProblem(persistence, clock),
    findExecutorProblem(executor),
    inTime(findRunsProblem(), executorTimeoutMs, 'what lies between runs and this server has'),
    findLoad(readLoad),
  ]);
  const reasons = store ? [`store: ${store}`] : [];
  if (broken) reasons.push(`executor: ${broken}`);
  if (runs) reasons.push(`runs: ${runs}`);
  // A store that does not answer says it all.
  if (ticks && !store) reasons.push(`scheduler: ${ticks}`);
  reasons.push(...listLoopProblems(listLoops()));
  return { ok: reasons.length === 0, reasons, load };
}

function listLoopProblems(loops: readonly LoopStatus[] | null): string[] {
  if (!loops) return ['server: it is still starting'];
  return loops.flatMap(({ name, readyWithinMs, startedAt, lastSuccessAt }) => {
    if (readyWithinMs === null) return [];
    const silentMs = Date.now() - (lastSuccessAt ?? startedAt).getTime();
    return silentMs > readyWithinMs ? [`${name}: no iteration succeeded for ${readyWithinMs / 1000} s`] : [];
  });
}

/** A long wait leaves the server ready: taking it out of a balancer, or starting it anew, would only make the wait longer. */
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

/** Whichever server should have decided on them: when none does, each says so. */
function findTickProblem({ store }: Persistence, clock: Clock): Promise<string | null> {
  const answer = async () => {
    const oldest = await store.schedules.nextTickAt();
    const behindSeconds = oldest ? ((await clock(store)).getTime() - oldest.getTime()) / 1000 : 0;
    if (behindSeconds <= longestTickLagSeconds) return null;
    return `ticks are ${Math.floor(behindSeconds)} s behind: no server with the role scheduler decides on them in time`;
  };
  return inTime(
    answer().catch((error: Error) => error.message),
    storeTimeoutMs,
    'the list of ticks has',
  );
}

function findExecutorProblem(executor: Executor): Promise<string | null> {
  const answer = executor.probe().then(({ ok, detail }) => (ok ? null : detail));
  return inTime(answer, executorTimeoutMs, 'it has');
}

/** The problem that is found, if any; one that nobody can tell in time is one too. */
function inTime(answer: Promise<string | null>, timeoutMs: number, whoHas: string): Promise<string | null> {
  const late = delay(timeoutMs, `${whoHas} not answered for ${timeoutMs / 1000} s`, { ref: false });
  return Promise.race([answer, late]);
}
