import { latestTick } from './cron.ts';
import { resolveDeclaredWindow } from './declared-interval.ts';
import { getDefaultTrigger, getTimeZone, type JobDefinition } from '../jobs/job-definition.ts';
import { readUpstreamRef } from './refresh.ts';
import { parseTrigger } from '../jobs/trigger.ts';

/** Whether a freshness constraint holds; `reasons` explains why not, in the wording of dlt 1.31. */
export interface FreshnessResult {
  isFresh: boolean;
  reasons: string[];
}

/** Input for one freshness constraint: the upstream job it names. */
export interface UpstreamInput {
  constraint: string;
  /** Null if the job does not exist or is archived. */
  definition: JobDefinition | null;
  /** End of its last completed run's interval; null if it has none or a refresh discarded it. */
  lastCompletedEnd: Date | null;
}

const MATCHING_INTERVAL = 'job.is_matching_interval_fresh';
const FRESH: FreshnessResult = { isFresh: true, reasons: [] };
const SECOND_MS = 1000;

/**
 * Decides whether one upstream allows the job to start, by the upstream's default trigger. On a schedule, its
 * latest tick must be covered; on `every:`, less than one period may have passed; otherwise any completed run
 * is enough. If the upstream's declared interval has an end, no tick after that end is required, because the
 * upstream never reaches one.
 */
export function evaluateFreshness(upstream: UpstreamInput, now: Date): FreshnessResult {
  const ref = readUpstreamRef(upstream.constraint);
  if (upstream.constraint.startsWith(`${MATCHING_INTERVAL}:`)) {
    return stale(`upstream ${ref} — ${MATCHING_INTERVAL} requires interval-based downstream`);
  }
  const { definition, lastCompletedEnd } = upstream;
  if (definition === null) return stale(`upstream ${ref} does not exist or is archived`);
  if (definition.entry_point.job_type === 'interactive') {
    return stale(`upstream ${ref} is an interactive job (cannot be fresh)`);
  }
  if (lastCompletedEnd === null) {
    return stale(`upstream ${ref} didn't process any intervals yet (refresh pending)`);
  }
  const defaultTrigger = getDefaultTrigger(definition);
  if (defaultTrigger === null) return FRESH;
  const trigger = parseTrigger(defaultTrigger);
  if (trigger.type === 'schedule') {
    const required = findRequiredEnd(definition, trigger.expr, now);
    if (required === null || lastCompletedEnd >= required) return FRESH;
    return stale(`upstream ${ref} missing run for ${formatInstant(required)}`);
  }
  if (trigger.type === 'every') {
    const elapsedSeconds = (now.getTime() - lastCompletedEnd.getTime()) / SECOND_MS;
    if (elapsedSeconds < trigger.expr) return FRESH;
    const elapsed = Math.floor(elapsedSeconds);
    return stale(
      `upstream ${ref} has a missing run (last ${elapsed}s ago, period ${Math.floor(trigger.expr)}s)`,
    );
  }
  return FRESH;
}

/** Evaluates all constraints of a job; fresh only if each of them is. */
export function evaluateAllFreshness(upstreams: readonly UpstreamInput[], now: Date): FreshnessResult {
  const reasons = upstreams.flatMap((upstream) => evaluateFreshness(upstream, now).reasons);
  return { isFresh: reasons.length === 0, reasons };
}

function findRequiredEnd(definition: JobDefinition, cron: string, now: Date): Date | null {
  const zone = getTimeZone(definition);
  const tick = latestTick(cron, now, zone)?.at ?? null;
  const lastEnd = resolveDeclaredWindow(definition, zone)?.end ?? null;
  if (tick === null || lastEnd === null) return tick;
  return tick < lastEnd ? tick : lastEnd;
}

function stale(reason: string): FreshnessResult {
  return { isFresh: false, reasons: [reason] };
}

/** Formats an instant as Python prints an aware datetime in UTC. */
function formatInstant(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')}+00:00`;
}
