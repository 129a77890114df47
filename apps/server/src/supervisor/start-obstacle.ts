import type { Backend } from '../executors/contract/backend.ts';
import type { Wait } from '../domain/runs/wait-reason.ts';
import { describeStartWait } from '../domain/runs/wait-reason.ts';
import { describeUnwritable } from '../domain/doctor/data-folder-findings.ts';
import { findWriteFailure } from '../platform/find-write-failure.ts';

export interface StartObstacleDependencies {
  executor: Pick<Backend, 'describePressure' | 'findObstacle' | 'probe'>;
  dataDir: string;
}

/** Finds what keeps every run from starting on this server. */
export interface StartObstacle {
  /** Checks cheaply, and at most once a second. Why no run should be claimed now; null if runs may be. */
  find: () => Promise<Wait | null>;
  /** Checks all after a failed start: the reason if no run can start, so that the failed one is not at fault. */
  recheck: () => Promise<Wait | null>;
}

const recheckMs = 1000;
/** A probe starts several processes. */
const probeAgainMs = 5000;
/** An engine that hangs must not keep the supervisor from its other work. */
const answerMs = 2000;

export function createStartObstacle({ executor, dataDir }: StartObstacleDependencies): StartObstacle {
  let found: string | null = null;
  /** At the start, after a failed start, and until a probe that has failed succeeds. */
  let needsProbe = true;
  let nextCheckAt = -Infinity;
  let checking: Promise<void> | null = null;

  async function look(): Promise<string | null> {
    const writeFailure = await findWriteFailure(dataDir);
    if (writeFailure !== null) return describeUnwritable(writeFailure);
    const obstacle = await executor.findObstacle();
    if (obstacle !== null || !needsProbe) return obstacle;
    const probe = await executor.probe();
    needsProbe = !probe.ok;
    if (!probe.ok) nextCheckAt = performance.now() + probeAgainMs;
    return probe.ok ? null : probe.detail;
  }

  async function check(): Promise<void> {
    nextCheckAt = performance.now() + recheckMs;
    // A check that failed says nothing.
    found = await look().catch(() => found);
    checking = null;
  }

  function describe(): Wait | null {
    if (found !== null) return describeStartWait(found);
    const pressure = executor.describePressure();
    return pressure === null ? null : { kind: 'size', reason: pressure };
  }

  return {
    async find() {
      if (performance.now() >= nextCheckAt) checking ??= check();
      if (checking) await Promise.race([checking, answerTime()]);
      return describe();
    },
    async recheck() {
      await checking;
      needsProbe = true;
      await (checking ??= check());
      return found === null ? null : describeStartWait(found);
    },
  };
}

const answerTime = () => new Promise<void>((resolve) => setTimeout(resolve, answerMs).unref());
