/** A day of runs through scheduler, supervisors and Postgres, with the costs that `npm run load` measured. */

/** CPU that one run takes, in milliseconds. */
export interface RunCosts {
  schedulerMs: number;
  supervisorMs: number;
  /** Of Postgres, up to the row of the run, and from its claim to its end. */
  postgresStartMs: number;
  postgresDriveMs: number;
}

export interface Site {
  schedulers: number;
  /** Server processes that drive runs. Each uses one core at most. */
  supervisors: number;
  postgresCores: number;
  /** Part of a core that may be busy before waiting grows without bound in practice. */
  usablePart: number;
}

export interface DayOfRuns {
  runs: number;
  /** Part of the runs that are due at midnight, all in the same second; the others are spread over the day. */
  midnightPart: number;
}

export interface SimulatedDay {
  /** Runs a second that this site can start and drive, and what limits it. */
  maxRunsPerSecond: number;
  bottleneck: 'scheduler' | 'supervisor' | 'postgres';
  /** Used part of what is usable, over the day: 1 is full. */
  averageLoad: number;
  /** From the tick to the row of the run, and to the begin of its code, in seconds: the longest of the day. */
  maxStartLagSeconds: number;
  maxBeginLagSeconds: number;
  /** Until nothing of midnight waits any more. */
  midnightSeconds: number;
}

const daySeconds = 24 * 3600;
const stepSeconds = 0.5;

/**
 * Simulates a day in steps of half a second. Runs wait in two queues, first come, first served: for their
 * start, and for a supervisor. Starts are served first, as ticks are decided before runs are claimed.
 */
export function simulateDay(costs: RunCosts, site: Site, day: DayOfRuns): SimulatedDay {
  const capacity = capacityOf(costs, site);
  const spread = (day.runs * (1 - day.midnightPart)) / daySeconds;
  const startQueue = createQueue();
  const driveQueue = createQueue();
  let midnightSeconds = 0;
  let isMidnightOver = false;
  for (let step = 0; step * stepSeconds < daySeconds; step += 1) {
    const now = step * stepSeconds;
    startQueue.add(now, spread * stepSeconds + (step === 0 ? day.runs * day.midnightPart : 0));
    const postgresMs = site.postgresCores * site.usablePart * 1000 * stepSeconds;
    const started = startQueue.take(
      now,
      Math.min(capacity.scheduler * stepSeconds, postgresMs / costs.postgresStartMs),
    );
    driveQueue.append(started);
    const startedCount = started.reduce((sum, { count }) => sum + count, 0);
    const leftMs = Math.max(0, postgresMs - startedCount * costs.postgresStartMs);
    driveQueue.take(now, Math.min(capacity.supervisor * stepSeconds, leftMs / costs.postgresDriveMs));
    if (isMidnightOver) continue;
    midnightSeconds = now;
    isMidnightOver = startQueue.length() + driveQueue.length() < spread * stepSeconds + 1;
  }
  const { limit, bottleneck } = findBottleneck(capacity);
  return {
    maxRunsPerSecond: limit,
    bottleneck,
    averageLoad: day.runs / daySeconds / limit,
    maxStartLagSeconds: startQueue.longestWait(),
    maxBeginLagSeconds: driveQueue.longestWait(),
    midnightSeconds: isMidnightOver ? midnightSeconds : daySeconds,
  };
}

type Capacity = Record<SimulatedDay['bottleneck'], number>;

/** Runs a second that each part takes alone. */
function capacityOf(costs: RunCosts, { schedulers, supervisors, postgresCores, usablePart }: Site): Capacity {
  const perCore = usablePart * 1000;
  return {
    scheduler: (schedulers * perCore) / costs.schedulerMs,
    supervisor: (supervisors * perCore) / costs.supervisorMs,
    postgres: (postgresCores * perCore) / (costs.postgresStartMs + costs.postgresDriveMs),
  };
}

function findBottleneck(capacity: Capacity): { limit: number; bottleneck: SimulatedDay['bottleneck'] } {
  const parts = ['scheduler', 'supervisor', 'postgres'] as const;
  const bottleneck = parts.reduce((least, part) => (capacity[part] < capacity[least] ? part : least));
  return { limit: capacity[bottleneck], bottleneck };
}

/** Runs that became due at the same time. */
interface Cohort {
  dueAt: number;
  count: number;
}

/** Runs in the order in which they became due; parts of runs count as such. */
function createQueue() {
  const cohorts: Cohort[] = [];
  let head = 0;
  let size = 0;
  let longest = 0;
  return {
    length: () => size,
    longestWait: () => longest,
    add(dueAt: number, count: number): void {
      if (count > 0) cohorts.push({ dueAt, count });
      size += count;
    },
    append(others: readonly Cohort[]): void {
      for (const cohort of others) {
        cohorts.push(cohort);
        size += cohort.count;
      }
    },
    take(now: number, most: number): Cohort[] {
      const taken: Cohort[] = [];
      for (let left = most; left > 1e-9;) {
        const first = cohorts[head];
        if (!first) break;
        const count = Math.min(first.count, left);
        taken.push({ dueAt: first.dueAt, count });
        longest = Math.max(longest, now - first.dueAt);
        left -= count;
        size -= count;
        if (count < first.count) cohorts[head] = { ...first, count: first.count - count };
        else head += 1;
      }
      return taken;
    },
  };
}
