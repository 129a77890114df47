import type { Origin, ModelJob } from './model-job.ts';
/**
 * The expected result of each tick, call and event, computed independently of the server: the model shares no
 * code with it, and was written from dlt's rules and docs/concepts/scheduling.md. The world reports events to
 * the model and queries what must follow.
 */
import type { JobHabits, SentJob } from './jobs.ts';
import type { ModelClock } from './model-clock.ts';
import { createRules } from './model-rules.ts';

/** What must be found in the database next, for a job. */
export type Expectation =
  | {
      kind: 'start';
      job: ModelJob;
      trigger: string;
      tick: number | null;
      refresh: boolean;
      start: number;
      end: number;
      previousRunId: string | null;
    }
  | {
      kind: 'skip';
      job: ModelJob;
      trigger: string;
      at: number;
      tick: number | null;
      statuses: ReadonlySet<string>;
    }
  | { kind: 'end'; job: ModelJob; runId: string; status: string };

/** The rejection reasons of a call, for jobs that were not started. */
export type Declined = Map<string, ReadonlySet<string>>;

interface Question {
  origin: Origin;
  now: number;
  tick?: number;
  isMissed?: boolean;
  refresh?: boolean;
  skipFreshness?: boolean;
  previousRunId?: string;
}

export type Model = ReturnType<typeof createModel>;

export function createModel(clock: ModelClock) {
  const jobs = new Map<string, ModelJob>();
  const rules = createRules(clock, jobs);

  function get(ref: string): ModelJob {
    const job = jobs.get(ref);
    if (!job) throw new Error(`The model knows no job ${ref}`);
    return job;
  }

  const inService = () => [...jobs.values()].filter((job) => !job.isArchived);
  const downstreamsOf = (ref: string) =>
    inService().filter((job) => (job.sent.freshness ?? []).includes(`job.is_fresh:${ref}`));

  /** Completed runs no longer count. */
  function forget(job: ModelJob, now: number, isPending: boolean): void {
    job.watermark = null;
    job.hasCompleted = false;
    job.epoch += 1;
    job.refreshPending = isPending;
    arrange(job, now);
  }

  function forgetDownstreams(ref: string, now: number): void {
    const reached = new Set([ref]);
    const walk = (from: string): void => {
      for (const job of downstreamsOf(from)) {
        if (reached.has(job.ref) || job.sent.refresh_propagation === 'block') continue;
        reached.add(job.ref);
        forget(job, now, true);
        walk(job.ref);
      }
    };
    walk(ref);
  }

  /** Gives a job the ticks that follow from its definition; existing ones stay. */
  function arrange(job: ModelJob, now: number): void {
    const zone = rules.zoneOf(job);
    const triggers = job.isArchived ? [] : job.sent.triggers.filter((one) => rules.isOnClock(one));
    for (const trigger of job.schedules.keys())
      if (!triggers.includes(trigger)) job.schedules.delete(trigger);
    for (const trigger of triggers) {
      const known = job.schedules.get(trigger);
      if (known?.zone === zone && known.dueAt !== null) continue;
      const previousTick = known?.previousTick ?? null;
      const dueAt = rules.nextTick(job, trigger, { now, previousTick });
      job.schedules.set(trigger, { zone, dueAt, previousTick });
    }
  }

  /** @returns the start, or the reasons against it */
  function decide(
    job: ModelJob,
    trigger: string,
    question: Question,
    pendingUpstreams: readonly string[] = [],
  ): Expectation | ReadonlySet<string> {
    const { now, tick = null, previousRunId = null } = question;
    const found = rules.decide(job, trigger, {
      origin: question.origin,
      now,
      isMissed: question.isMissed === true,
      isRefreshAsked: question.refresh === true || job.refreshPending,
      skipFreshness: question.skipFreshness === true,
      hasPendingUpstream: pendingUpstreams.length > 0,
    });
    if (found.reasons.size > 0) return found.reasons;
    const { refresh, start, end } = found;
    // The tick already has its run: a clock that was set back fires it again.
    if (tick !== null && job.usedTicks.has(`${trigger}|${tick}`)) return new Set();
    if (refresh) {
      forget(job, now, false);
      forgetDownstreams(job.ref, now);
    } else job.refreshPending = false;
    if (tick !== null) job.usedTicks.add(`${trigger}|${tick}`);
    job.newestSkip = null;
    job.startingCount += 1;
    return { kind: 'start', job, trigger, tick, refresh, start, end, previousRunId };
  }

  function expectSkip(
    job: ModelJob,
    trigger: string,
    question: Question,
    statuses: ReadonlySet<string>,
  ): Expectation[] {
    if (statuses.size === 0) return [];
    if (question.origin !== 'tick' && question.origin !== 'event') return [];
    const tick = question.tick ?? null;
    if (tick !== null && job.usedTicks.has(`${trigger}|${tick}`) && !continuesSkip(job, trigger, statuses))
      return [];
    return [{ kind: 'skip', job, trigger, at: tick ?? question.now, tick, statuses }];
  }

  function continuesSkip(job: ModelJob, trigger: string, statuses: ReadonlySet<string>): boolean {
    const { newestSkip } = job;
    return newestSkip?.trigger === trigger && statuses.has(newestSkip.status);
  }

  /** Several jobs at once, upstreams first. */
  function decideBatch(
    asked: readonly { job: ModelJob; trigger: string }[],
    question: Question,
  ): { expected: Expectation[]; declined: Declined } {
    const expected: Expectation[] = [];
    const declined: Declined = new Map();
    const begun = new Set<string>();
    for (const { job, trigger } of upstreamsFirst(asked)) {
      const pending = upstreamsOf(job).filter((ref) => begun.has(ref));
      const found = decide(job, trigger, question, pending);
      if (!(found instanceof Set) && 'kind' in found) {
        begun.add(job.ref);
        expected.push(found);
        continue;
      }
      const reasons = found as ReadonlySet<string>;
      declined.set(job.ref, reasons);
      if (isDeferred(reasons)) {
        begun.add(job.ref);
        job.promise = trigger;
        // A later start does not know what this call requested.
        if (question.refresh === true && job.sent.refresh_propagation !== 'block')
          forget(job, question.now, true);
      }
      expected.push(...expectSkip(job, trigger, question, reasons));
    }
    return { expected, declined };
  }

  function dropDeferredStarts(ref: string): void {
    for (const job of downstreamsOf(ref)) {
      if (job.promise === null) continue;
      job.promise = null;
      dropDeferredStarts(job.ref);
    }
  }

  function end(
    runId: string,
    ref: string,
    status: 'completed' | 'failed' | 'cancelled',
    now: number,
  ): Expectation[] {
    const job = get(ref);
    const run = job.active.get(runId);
    if (!run) throw new Error(`The model knows no active run ${runId} of ${ref}`);
    job.active.delete(runId);
    const expected: Expectation[] = [{ kind: 'end', job, runId, status }];
    if (status === 'completed') {
      if (run.epoch === job.epoch) {
        job.hasCompleted = true;
        if (run.intervalEnd !== null) job.watermark = Math.max(job.watermark ?? -Infinity, run.intervalEnd);
      }
      if (job.sent.refresh_propagation === 'always')
        for (const downstream of downstreamsOf(ref))
          if (downstream.sent.refresh_propagation !== 'block') forget(downstream, now, true);
    } else {
      // Its refresh is still pending, unless another one was requested since.
      if (run.refresh && run.epoch === job.epoch) {
        job.refreshPending = true;
        job.epoch += 1;
      }
      dropDeferredStarts(ref);
    }
    if (status === 'cancelled') return expected;
    const event = `job.${status === 'completed' ? 'success' : 'fail'}:${ref}`;
    const followers = inService().filter((other) => other.ref !== ref && other.sent.triggers.includes(event));
    const asked = followers.map((follower) => ({ job: follower, trigger: event }));
    const following = decideBatch(asked, { origin: 'event', now, previousRunId: runId }).expected;
    expected.push(...following);
    const followed = new Set(following.map((found) => (found.kind === 'start' ? found.job : null)));
    if (status === 'completed') expected.push(...startDownstreams(ref, runId, now, followed));
    return expected;
  }

  /** @param followed jobs that the event of the same end started, which fulfils their deferred starts */
  function startDownstreams(
    ref: string,
    previousRunId: string,
    now: number,
    followed: ReadonlySet<ModelJob | null>,
  ): Expectation[] {
    const expected: Expectation[] = [];
    for (const job of downstreamsOf(ref)) {
      if (job.promise !== null && followed.has(job)) {
        job.promise = null;
        continue;
      }
      const trigger = job.promise ?? rules.timedTrigger(job);
      if (trigger === null) continue;
      const origin = job.promise === null ? 'freshness' : 'promise';
      const found = decide(job, trigger, { origin, now, previousRunId });
      if ('kind' in found) expected.push(found);
      else if (origin === 'promise' && !isStillPending(found))
        expected.push({ kind: 'skip', job, trigger, at: now, tick: null, statuses: found });
      else continue;
      job.promise = null;
    }
    return expected;
  }

  return {
    jobs,
    get,
    boundsOf: rules.boundsOf,
    windowOf: rules.windowOf,
    timedTrigger: rules.timedTrigger,

    /** The triggers whose ticks are due. */
    listDue(now: number): { ref: string; trigger: string; dueAt: number }[] {
      return [...jobs.values()].flatMap((job) =>
        [...job.schedules]
          .map(([trigger, { dueAt }]) => ({ ref: job.ref, trigger, dueAt }))
          .filter((one): one is typeof one & { dueAt: number } => one.dueAt !== null && one.dueAt <= now),
      );
    },

    /** Whether a tick is late by exactly one period, so that the next one is due at the same moment. */
    hasTwoAtOnce(now: number): boolean {
      return this.listDue(now).some(({ ref, trigger, dueAt }) => {
        const { tick } = rules.tickOf(get(ref), trigger, dueAt, now);
        return rules.nextTick(get(ref), trigger, { now: Math.max(tick, now), previousTick: tick }) === now;
      });
    },

    nextDueAt(): number | null {
      let first: number | null = null;
      for (const job of jobs.values())
        for (const { dueAt } of job.schedules.values())
          if (dueAt !== null && (first === null || dueAt < first)) first = dueAt;
      return first;
    },

    tick(ref: string, trigger: string, now: number): Expectation[] {
      const job = get(ref);
      const schedule = job.schedules.get(trigger);
      if (!schedule || schedule.dueAt === null)
        throw new Error(`The model expects no tick of ${ref} by ${trigger}`);
      const { tick, isMissed } = rules.tickOf(job, trigger, schedule.dueAt, now);
      schedule.previousTick = tick;
      schedule.dueAt = rules.nextTick(job, trigger, { now: Math.max(tick, now), previousTick: tick });
      return decideBatch([{ job, trigger }], { origin: 'tick', now, tick, isMissed }).expected;
    },

    end,

    /** An external event that starts jobs: a webhook, a deployment. */
    event(refs: readonly string[], trigger: string, now: number): Expectation[] {
      const asked = refs.map((ref) => ({ job: get(ref), trigger }));
      return decideBatch(asked, { origin: 'event', now }).expected;
    },

    /** A call for some jobs; it returns the reasons for rejected ones. */
    request(
      refs: readonly string[],
      trigger: (job: ModelJob) => string,
      options: { now: number; refresh: boolean; skipFreshness: boolean },
    ) {
      const asked = refs.map((ref) => ({ job: get(ref), trigger: trigger(get(ref)) }));
      return decideBatch(asked, { origin: 'request', ...options });
    },

    /** @returns changes caused by jobs that the deploy archives */
    deploy(
      sent: readonly SentJob[],
      options: { now: number; isWhole: boolean; habitsOf: (ref: string) => JobHabits },
    ): Expectation[] {
      for (const one of sent) {
        const known = jobs.get(one.job_ref);
        const job = known ?? createJob(one, options.habitsOf(one.job_ref));
        const hadClock = job.sent.triggers.some((trigger) => rules.isOnClock(trigger));
        const hasClock = one.triggers.some((trigger) => rules.isOnClock(trigger));
        job.sent = one;
        job.isArchived = false;
        if (hadClock && !hasClock) job.isPaused = false;
        jobs.set(job.ref, job);
      }
      for (const one of sent) arrange(get(one.job_ref), options.now);
      if (!options.isWhole) return [];
      const staying = new Set(sent.map((one) => one.job_ref));
      return inService()
        .filter((job) => !staying.has(job.ref))
        .flatMap((job) => this.archive(job.ref));
    },

    archive(ref: string): Expectation[] {
      const job = get(ref);
      job.isArchived = true;
      job.isPaused = false;
      job.schedules.clear();
      if (job.promise !== null) dropDeferredStarts(ref);
      job.promise = null;
      const waiting = [...job.active].filter(([, run]) => run.status === 'pending');
      return waiting.flatMap(([runId]) => end(runId, ref, 'cancelled', NaN));
    },

    unarchive(ref: string, now: number): void {
      const job = get(ref);
      job.isArchived = false;
      arrange(job, now);
    },

    /** The database shows an expected start, so its ids are now known. */
    noteStart(expected: Expectation & { kind: 'start' }, runId: string): void {
      const { job, start, end: intervalEnd, refresh } = expected;
      const covered = intervalEnd > start ? intervalEnd : null;
      job.startingCount -= 1;
      job.active.set(runId, { epoch: job.epoch, refresh, status: 'pending', intervalEnd: covered });
    },
    noteSkip(
      { job, trigger, tick }: Expectation & { kind: 'skip' },
      row: { runId: string; status: string; count: number },
    ): void {
      if (row.count === 1 && tick !== null) job.usedTicks.add(`${trigger}|${tick}`);
      job.newestSkip = { ...row, trigger };
    },
  };

  function createJob(sent: SentJob, habits: JobHabits): ModelJob {
    return {
      ref: sent.job_ref,
      sent,
      habits,
      isArchived: false,
      isPaused: false,
      watermark: null,
      hasCompleted: false,
      refreshPending: false,
      epoch: 0,
      active: new Map(),
      startingCount: 0,
      schedules: new Map(),
      promise: null,
      usedTicks: new Set(),
      newestSkip: null,
    };
  }
}

/** The only lasting obstacle is the upstream: a job at capacity now may have a free slot later. */
function isDeferred(reasons: ReadonlySet<string>): boolean {
  const lasting = [...reasons].filter((reason) => reason !== 'skipped_concurrency_limit');
  return lasting.length === 1 && lasting[0] === 'skipped_upstream_pending';
}

/** A deferred start keeps waiting for another upstream, unless the job's time is covered or over. */
function isStillPending(reasons: ReadonlySet<string>): boolean {
  const isOver = reasons.has('skipped_already_covered') || reasons.has('skipped_out_of_interval');
  return reasons.has('skipped_fresh') && !isOver;
}

function upstreamsOf(job: ModelJob): string[] {
  return (job.sent.freshness ?? []).map((constraint) => constraint.replace('job.is_fresh:', ''));
}

function upstreamsFirst<T extends { job: ModelJob }>(asked: readonly T[]): T[] {
  const depth = (job: ModelJob): number => {
    const upstreams = new Set(upstreamsOf(job));
    const own = asked.filter((other) => upstreams.has(other.job.ref));
    return own.length === 0 ? 0 : 1 + Math.max(...own.map((other) => depth(other.job)));
  };
  return asked.toSorted((a, b) => depth(a.job) - depth(b.job));
}
