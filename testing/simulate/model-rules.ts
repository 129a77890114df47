import type { ModelClock } from './model-clock.ts';
import type { ModelJob, Origin } from './model-job.ts';

interface Asked {
  origin: Origin;
  now: number;
  /** The tick was due while no server ran. */
  isMissed: boolean;
  isRefreshAsked: boolean;
  skipFreshness: boolean;
  hasPendingUpstream: boolean;
}

/** All reasons against a start: the server may report any of them. Without one the job must start. */
interface Found {
  reasons: ReadonlySet<string>;
  refresh: boolean;
  start: number;
  end: number;
}

/** A tick observed later than this was missed. */
const missedAfterMs = 5 * 60_000;
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** dlt's rules for one job at one instant. They change nothing. */
export function createRules(clock: ModelClock, jobs: ReadonlyMap<string, ModelJob>) {
  const zoneOf = (job: ModelJob) => job.sent.require?.timezone ?? 'UTC';
  const isOnClock = (trigger: string) => /^(schedule|every|once):/.test(trigger);
  const timedTrigger = (job: ModelJob) =>
    job.sent.triggers.find((trigger) => /^(schedule|every):/.test(trigger)) ?? null;

  function readTrigger(trigger: string) {
    const colon = trigger.indexOf(':');
    return { type: trigger.slice(0, colon), text: trigger.slice(colon + 1) };
  }

  function periodMs(text: string): number {
    const unit = unitMs[text.at(-1) ?? ''];
    return unit === undefined ? Number(text) * 1000 : Number(text.slice(0, -1)) * unit;
  }

  /** The declared interval as written. */
  function boundsOf(job: ModelJob): { start: number; end: number } | null {
    const { interval } = job.sent;
    if (!interval) return null;
    const instant = (text: string) => clock.instant(text, zoneOf(job));
    return {
      start: instant(interval.start),
      end: interval.end === undefined ? Infinity : instant(interval.end),
    };
  }

  /** The declared interval. On a schedule both ends are moved back to a tick. */
  function windowOf(job: ModelJob): { start: number; end: number } | null {
    const bounds = boundsOf(job);
    const cron = job.sent.triggers.find((trigger) => trigger.startsWith('schedule:'));
    if (bounds === null || cron === undefined) return bounds;
    const floor = (at: number) => clock.latest(readTrigger(cron).text, zoneOf(job), at) ?? at;
    return { start: floor(bounds.start), end: bounds.end === Infinity ? Infinity : floor(bounds.end) };
  }

  function nextTick(
    job: ModelJob,
    trigger: string,
    { now, previousTick }: { now: number; previousTick: number | null },
  ): number | null {
    const { type, text } = readTrigger(trigger);
    if (type === 'once') return previousTick === null ? Math.max(clock.instant(text, 'UTC'), now) : null;
    const window = windowOf(job);
    if (window !== null && job.watermark !== null && job.watermark >= window.end) return null;
    if (type === 'schedule') return clock.next(text, zoneOf(job), now);
    const following = (previousTick ?? now) + periodMs(text);
    return following < now ? now + periodMs(text) : following;
  }

  /** Among the due ticks, the one for which a run stands. */
  function tickOf(job: ModelJob, trigger: string, dueAt: number, now: number) {
    const { type, text } = readTrigger(trigger);
    const latest =
      type === 'schedule' ? Math.max(clock.latest(text, zoneOf(job), now) ?? dueAt, dueAt) : dueAt;
    // A `once` trigger has a single tick, even if it is deployed or unarchived later.
    const tick = type === 'once' ? clock.instant(text, 'UTC') : latest;
    return { tick, isMissed: now - latest > missedAfterMs };
  }

  function isFresh(ref: string, now: number): boolean {
    const upstream = jobs.get(ref);
    if (!upstream || upstream.isArchived) return false;
    const timed = timedTrigger(upstream);
    if (timed === null) return upstream.hasCompleted;
    if (upstream.watermark === null) return false;
    const { type, text } = readTrigger(timed);
    if (type === 'every') return now - upstream.watermark < periodMs(text);
    const tick = clock.latest(text, zoneOf(upstream), now) ?? -Infinity;
    return upstream.watermark >= Math.min(tick, windowOf(upstream)?.end ?? Infinity);
  }

  /** The time up to the latest tick of the job's clock that no completed run covers. */
  function dueTime(job: ModelJob, trigger: string, now: number, watermark: number | null) {
    const { type, text } = readTrigger(trigger);
    const window = windowOf(job);
    const naturalEnd = type === 'every' ? now : (clock.latest(text, zoneOf(job), now) ?? now);
    const oneBack = type === 'every' ? now - periodMs(text) : clock.latest(text, zoneOf(job), naturalEnd - 1);
    const start = Math.max(watermark ?? window?.start ?? oneBack ?? naturalEnd, window?.start ?? -Infinity);
    const end = Math.min(naturalEnd, window?.end ?? Infinity);
    const reasons =
      start < end ? [] : ['skipped_already_covered', ...(window ? ['skipped_out_of_interval'] : [])];
    return { start, end, reasons };
  }

  /**
   * The half-open interval that a run starting now covers; equal ends for a point in time. It depends on the
   * job's clock, whatever the trigger. Only a start that is neither a refresh nor from the clock may cover no
   * time.
   */
  function intervalOf(
    job: ModelJob,
    trigger: string,
    { now, watermark, refresh }: { now: number; watermark: number | null; refresh: boolean },
  ) {
    const isByClock = /^(schedule|every):/.test(trigger);
    const timed = isByClock ? trigger : timedTrigger(job);
    const due = timed === null ? null : dueTime(job, timed, now, watermark);
    if (due !== null && (isByClock || refresh)) return due;
    if (due !== null && due.start < due.end && countActive(job) === 0) return due;
    const { type, text } = readTrigger(trigger);
    const window = windowOf(job);
    const at = type === 'once' ? clock.instant(text, 'UTC') : now;
    const isOutside = window !== null && (at < window.start || at >= window.end);
    return { start: at, end: at, reasons: isOutside ? ['skipped_out_of_interval'] : [] };
  }

  const countActive = (job: ModelJob) => job.active.size + job.startingCount;

  function decide(job: ModelJob, trigger: string, asked: Asked): Found {
    const { now, origin } = asked;
    const propagation = job.sent.refresh_propagation ?? 'auto';
    const refresh = propagation === 'always' || (propagation === 'auto' && asked.isRefreshAsked);
    const watermark = refresh ? null : job.watermark;
    const { start, end, reasons: ofInterval } = intervalOf(job, trigger, { now, watermark, refresh });
    const reasons = new Set(ofInterval);
    const { type, text } = readTrigger(trigger);
    if (origin === 'freshness' && type === 'every' && watermark !== null && now - watermark < periodMs(text))
      reasons.add('skipped_already_covered');
    if (job.isPaused && (origin === 'tick' || origin === 'freshness')) reasons.add('skipped_paused');
    if (asked.isMissed && job.habits.catchUp === 'skip') reasons.add('skipped_missed');
    if (!asked.skipFreshness) {
      // A job that starts at this moment is not fresh until it has completed, so its downstreams wait for
      // that.
      if (asked.hasPendingUpstream) reasons.add('skipped_upstream_pending');
      else if (!(job.sent.freshness ?? []).every((one) => isFresh(one.replace('job.is_fresh:', ''), now)))
        reasons.add('skipped_fresh');
    }
    const limit = job.sent.execute.concurrency === undefined ? 1 : job.sent.execute.concurrency;
    if (limit !== null && countActive(job) >= limit) reasons.add('skipped_concurrency_limit');
    return { reasons, refresh, start, end };
  }

  return { zoneOf, boundsOf, windowOf, isOnClock, timedTrigger, nextTick, tickOf, decide };
}
