import type { Expectation, Model } from './model.ts';
import type { ModelJob } from './model-job.ts';
import type { Journal } from './journal.ts';
import type { RowChange } from './site.ts';
import { describeChange, format } from './journal.ts';

export interface Watched {
  model: Model;
  journal: Journal;
  refOf: (jobId: string) => string;
  clock: number;
}

/**
 * Compares the database with the model's expectations, job by job and in both directions: missing, additional
 * and different changes.
 * @returns the runs that started
 * @throws {Violation}
 */
export function checkChanges(
  watched: Watched,
  expected: readonly Expectation[],
  changes: readonly RowChange[],
): { ref: string; runId: string; number: number }[] {
  const { journal, refOf } = watched;
  const open = new Map<string, RowChange[]>();
  for (const change of changes) {
    const ref = refOf(change.jobId);
    journal.note(ref, describeChange(change));
    open.set(ref, [...(open.get(ref) ?? []), change]);
  }
  const started: { ref: string; runId: string; number: number }[] = [];
  for (const expectation of expected) {
    const { ref } = expectation.job;
    const change = takeChange(open.get(ref) ?? [], expectation);
    if (!change)
      throw journal.violation(ref, `missing: ${describe(expectation)}`, detailsOf(expectation.job));
    if (expectation.kind === 'start') {
      checkStart(watched, expectation, change);
      started.push({ ref, runId: change.runId, number: change.number });
    } else if (expectation.kind === 'skip') checkSkip(watched, expectation, change);
    else checkEnd(watched, expectation, change);
  }
  for (const [ref, [extra]] of open)
    if (extra)
      throw journal.violation(
        ref,
        `not expected: ${describeChange(extra)}`,
        detailsOf(watched.model.get(ref)),
      );
  return started;
}

/**
 * Changes of a job appear in the order in which they were made; runs that end together may appear in any
 * order.
 */
function takeChange(changes: RowChange[], expected: Expectation): RowChange | undefined {
  const index = expected.kind === 'end' ? changes.findIndex(({ runId }) => runId === expected.runId) : 0;
  return index < 0 ? undefined : changes.splice(index, 1)[0];
}

function checkStart(
  { journal, model, clock }: Watched,
  expected: Expectation & { kind: 'start' },
  change: RowChange,
): void {
  const { job } = expected;
  const found = {
    kind: change.kind,
    status: change.status,
    trigger: change.trigger,
    tick: change.tickAt?.getTime() ?? null,
    refresh: change.refresh,
    start: change.intervalStart?.getTime(),
    end: change.intervalEnd?.getTime(),
    previousRunId: change.previousJobRunId,
  };
  const { trigger, tick, refresh, start, end, previousRunId } = expected;
  const wanted = { kind: 'insert', status: 'pending', trigger, tick, refresh, start, end, previousRunId };
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw journal.violation(job.ref, `another start than expected: ${describe(expected)}`, {
      expected: wanted,
      found,
      ...detailsOf(job),
    });
  model.noteStart(expected, change.runId);
  const { concurrency = 1 } = job.sent.execute;
  journal.count('starts');
  const kind = trigger.slice(0, trigger.indexOf(':'));
  journal.count(`starts by ${kind}`);
  if (refresh) journal.count(`refreshes by ${kind}`);
  if (refresh && tick === null) journal.count('refreshes that no tick asked for');
  journal.runs.set(change.runId, {
    runId: change.runId,
    ref: job.ref,
    trigger,
    timedTrigger: /^(schedule|every):/.test(trigger) ? trigger : model.timedTrigger(job),
    zone: job.sent.require?.timezone ?? 'UTC',
    decidedAt: clock,
    order: change.seq,
    endedOrder: null,
    status: 'active',
    refresh,
    start,
    end,
    concurrency,
    bounds: model.boundsOf(job),
    window: model.windowOf(job),
    tick,
    previousRunId,
  });
  if (concurrency !== null && job.active.size > concurrency)
    throw journal.violation(job.ref, `${job.active.size} runs are active, ${concurrency} may be`);
}

function checkSkip(
  { journal, model }: Watched,
  expected: Expectation & { kind: 'skip' },
  change: RowChange,
): void {
  const { job } = expected;
  const { skip } = change;
  if (!skip || !expected.statuses.has(skip.status) || change.trigger !== expected.trigger)
    throw journal.violation(job.ref, `not declined as expected: ${describe(expected)}`, {
      found: describeChange(change),
      ...detailsOf(job),
    });
  const before = job.newestSkip;
  const goesOn = before !== null && before.status === skip.status && before.trigger === change.trigger;
  const count = goesOn ? before.count + 1 : 1;
  if (
    skip.count !== count ||
    Date.parse(skip.lastAt) !== expected.at ||
    (goesOn && before.runId !== change.runId)
  )
    throw journal.violation(
      job.ref,
      `the row of a skip tells something else than x${count} at ${format(expected.at)}`,
      {
        skip,
      },
    );
  journal.count('skips');
  journal.count(`skips: ${skip.status}`);
  model.noteSkip(expected, { runId: change.runId, status: skip.status, count });
}

function checkEnd({ journal }: Watched, expected: Expectation & { kind: 'end' }, change: RowChange): void {
  const { job, runId, status } = expected;
  if (change.runId !== runId || change.status !== status || change.kind !== 'update')
    throw journal.violation(job.ref, `a run did not end as expected: ${status}`, {
      found: describeChange(change),
    });
  const run = journal.runs.get(runId);
  if (!run) throw journal.violation(job.ref, 'a run ended that never started');
  run.status = status;
  run.endedOrder = change.seq;
  journal.count(`runs ${status}`);
}

function describe(expected: Expectation): string {
  if (expected.kind === 'end') return `the end of a run as ${expected.status}`;
  if (expected.kind === 'skip')
    return `a skip by ${expected.trigger} at ${format(expected.at)}: ${[...expected.statuses].join(' or ')}`;
  const { trigger, start, end, refresh } = expected;
  return `a start by ${trigger} on [${format(start)}, ${format(end)})${refresh ? ' with refresh' : ''}`;
}

/** The model's state of a job, shown with a violation. */
export function detailsOf(job: ModelJob): Record<string, unknown> {
  return {
    definition: job.sent,
    catchUp: job.habits.catchUp,
    isArchived: job.isArchived,
    isPaused: job.isPaused,
    watermark: job.watermark === null ? null : format(job.watermark),
    refreshPending: job.refreshPending,
    activeRuns: job.active.size,
    schedules: [...job.schedules].map(
      ([trigger, { dueAt }]) => `${trigger} ${dueAt === null ? '-' : format(dueAt)}`,
    ),
  };
}
