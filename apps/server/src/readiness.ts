import type { Executor } from './executors/executor.ts';
import type { Persistence } from './store/store.ts';
import { setTimeout as delay } from 'node:timers/promises';

export interface ReadinessSources {
  persistence: Persistence;
  executor: Executor;
  /** When the supervisor last went round; null before it has. */
  lastRoundAt: () => Date | null;
  /** What keeps runs from reaching this server, or null. */
  findRunsProblem: () => Promise<string | null>;
}

/** Shorter than the time-out of most probes: an answer that comes too late says less than one that names the store. */
const storeTimeoutMs = 1500;
const longestRoundMs = 30_000;

/** Whether this server can take and run work, and if not, what is wrong. */
export async function checkReadiness({
  persistence,
  executor,
  lastRoundAt,
  findRunsProblem,
}: ReadinessSources) {
  const [store, probe, runs] = await Promise.all([
    findStoreProblem(persistence),
    executor.probe(),
    findRunsProblem(),
  ]);
  const reasons = store ? [`store: ${store}`] : [];
  if (!probe.ok) reasons.push(`executor: ${probe.detail}`);
  if (runs) reasons.push(`runs: ${runs}`);
  const last = lastRoundAt();
  if (!last || Date.now() - last.getTime() > longestRoundMs) {
    reasons.push(`supervisor: it has not gone round for ${longestRoundMs / 1000} s`);
  }
  return { ok: reasons.length === 0, reasons };
}

async function findStoreProblem(persistence: Persistence): Promise<string | null> {
  const answer = persistence.store.installation.ping().then(
    () => null,
    (error: Error) => error.message,
  );
  const late = delay(storeTimeoutMs, `it has not answered for ${storeTimeoutMs / 1000} s`, { ref: false });
  return Promise.race([answer, late]);
}
