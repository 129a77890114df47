import type { RunRow } from './site.ts';
import type { StartedRun } from './journal.ts';
import type { World } from './world.ts';
import { beginStep } from './world.ts';
import { detailsOf } from './check-changes.ts';
import { format } from './journal.ts';

/** Checks that the future ticks match the model, and that there are no others. */
export async function auditSchedules(world: World): Promise<void> {
  beginStep(world, 'the schedules are compared');
  const rows = await world.site.listSchedules(world.jobIds);
  const stored = new Map(
    rows.map(({ jobId, trigger, nextTickAt }) => [
      `${world.refOf(jobId)} ${trigger}`,
      nextTickAt?.getTime() ?? null,
    ]),
  );
  for (const job of world.model.jobs.values()) {
    for (const [trigger, { dueAt }] of job.schedules) {
      const name = `${job.ref} ${trigger}`;
      const found = stored.get(name);
      stored.delete(name);
      if (found === dueAt) continue;
      throw world.journal.violation(job.ref, `the next tick of ${trigger} is not what it should be`, {
        expected: dueAt === null ? null : format(dueAt),
        found: typeof found === 'number' ? format(found) : (found ?? null),
        ...detailsOf(job),
      });
    }
  }
  for (const name of stored.keys()) throw world.journal.violation(null, `a schedule too many: ${name}`);
}

/**
 * Checks the invariants of the whole year on the final content of the database. Of the model they use only
 * which instants are ticks, so they also verify the model.
 */
export async function auditYear(world: World): Promise<void> {
  beginStep(world, 'the year is looked at as a whole');
  const rows = await world.site.listRuns(world.jobIds);
  checkRows(world, rows);
  checkFollowers(world, rows);
  const byJob = Map.groupBy(world.journal.runs.values(), ({ ref }) => ref);
  for (const runs of byJob.values()) {
    for (const run of runs) {
      checkEnd(world, run);
      checkRefresh(world, run);
    }
    checkChain(world, runs);
  }
}

/** Each row is an observed start or a skip; no tick has two rows. */
function checkRows({ journal, refOf }: World, rows: readonly RunRow[]): void {
  const ticks = new Set<string>();
  for (const { runId, jobId, number, status, trigger, tickAt } of rows) {
    const ref = refOf(jobId) ?? jobId;
    const known = journal.runs.get(runId);
    const isAsObserved =
      status === 'skipped'
        ? known === undefined
        : known?.status === status || (known?.status === 'active' && !isOver(status));
    if (!isAsObserved) throw journal.violation(ref, `run ${number} is ${status}, ${known?.status} was seen`);
    const tick = `${jobId} ${trigger} ${tickAt?.toISOString()}`;
    if (tickAt !== null && ticks.has(tick)) throw journal.violation(ref, `two rows for one tick: ${tick}`);
    ticks.add(tick);
  }
}

function isOver(status: string): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** An end of a run starts each downstream job once. */
function checkFollowers({ journal, refOf }: World, rows: readonly RunRow[]): void {
  const seen = new Set<string>();
  for (const { jobId, trigger, previousJobRunId, status } of rows) {
    if (previousJobRunId === null || status === 'skipped') continue;
    const name = `${jobId} ${previousJobRunId}`;
    if (trigger.startsWith('job.') && seen.has(name))
      throw journal.violation(refOf(jobId) ?? null, `the same end started it twice: ${previousJobRunId}`);
    seen.add(name);
  }
}

/**
 * A run covers elapsed time, up to a tick. Only a start that the clock did not request may cover a point in
 * time.
 */
function checkEnd({ journal, model, clock }: World, run: StartedRun): void {
  const { ref, trigger, timedTrigger, zone, end, start, decidedAt, bounds } = run;
  if (timedTrigger === null || (trigger !== timedTrigger && !run.refresh && start === end)) return;
  const isSchedule = timedTrigger.startsWith('schedule:');
  if (end > decidedAt) throw journal.violation(ref, `a run ends in the future: ${describe(run)}`);
  if (start >= end) throw journal.violation(ref, `a run covers no time: ${describe(run)}`);
  if (bounds && end > bounds.end)
    throw journal.violation(ref, `a run leaves the declared interval: ${describe(run)}`);
  const isTick = isSchedule
    ? clock.isTick(timedTrigger.slice('schedule:'.length), zone, end)
    : end === decidedAt;
  const isLast = bounds !== null && end <= bounds.end && bounds.end - end < maxStepMs;
  if (!isTick && !isLast)
    throw journal.violation(ref, `a run ends at no tick: ${describe(run)}`, detailsOf(model.get(ref)));
}

/**
 * A refresh covers everything: from the declared start, or at least one window, up to the latest tick or the
 * declared end.
 */
function checkRefresh({ journal, clock }: World, run: StartedRun): void {
  const { ref, timedTrigger, zone, window, start, end, decidedAt } = run;
  if (!run.refresh || timedTrigger === null) return;
  const latest = timedTrigger.startsWith('schedule:')
    ? (clock.latest(timedTrigger.slice('schedule:'.length), zone, decidedAt) ?? decidedAt)
    : decidedAt;
  const isWhole =
    (window === null || start <= window.start) && end >= Math.min(latest, window?.end ?? Infinity);
  if (!isWhole || start >= end)
    throw journal.violation(ref, `a refresh does not cover everything: ${describe(run)}`, { window });
  journal.count('refreshes that cover everything');
}

/**
 * A declared end is moved back to the tick before it, which with these crons is less than a month earlier.
 */
const maxStepMs = 31 * 24 * 3_600_000;

/**
 * The windows of completed runs are contiguous, from each refresh to the next. Only runs that were active at
 * the same time, which requires a concurrency above 1, may begin where none of them has ended.
 */
function checkChain({ journal }: World, runs: readonly StartedRun[]): void {
  let chain: StartedRun[] = [];
  for (const run of runs) {
    if (run.refresh) chain = [];
    if (run.status !== 'completed' || run.start >= run.end) continue;
    const before = chain.filter(({ endedOrder }) => endedOrder !== null && endedOrder <= run.order);
    const covered = Math.max(...before.map(({ end }) => end));
    const isDeclaredStart = run.bounds !== null && run.start <= run.bounds.start;
    if (before.length > 0 && run.start !== covered && !(isDeclaredStart && run.start > covered))
      throw journal.violation(run.ref, `a gap or an overlap: ${describe(run)} after ${format(covered)}`);
    if (before.length < chain.length && run.concurrency === 1)
      throw journal.violation(run.ref, `two runs at once: ${describe(run)}`);
    chain.push(run);
  }
}

function describe({ trigger, start, end, decidedAt }: StartedRun): string {
  return `[${format(start)}, ${format(end)}) by ${trigger} at ${format(decidedAt)}`;
}
