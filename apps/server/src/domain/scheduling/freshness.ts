import { latestTick } from './cron.ts';
import { resolveDeclaredWindow } from './declared-interval.ts';
import { getDefaultTrigger, getTimeZone, type JobDefinition } from '../jobs/job-definition.ts';
import { readUpstreamRef } from './refresh.ts';
import { parseTrigger } from '../jobs/trigger.ts';

/** Whether a freshness constraint holds; `reasons` says why not, in the words of dlt 1.31. */
export interface FreshnessResult {
  isFresh: boolean;
  reasons: string[];
}

/** What is known of the job that a freshness constraint names. */
export interface UpstreamFacts {
  constraint: string;
  /** Null when the job is gone or archived. */
  definition: JobDefinition | null;
  /** End of its last completed run's interval, null when there is none or a refresh forgot it. */
  lastCompletedEnd: Date | null;
}

const MATCHING_INTERVAL = 'job.is_matching_interval_fresh';
const FRESH: FreshnessResult = { isFresh: true, reasons: [] };
const SECOND_MS = 1000;

/**
 * Whether a job may start as far as one upstream is concerned, by the upstream's default trigger: on a schedule its
 * latest tick must be covered, on `every:` less than a period may have passed, else any completed run will do. An
 * upstream whose declared interval has an end needs to reach no later tick than that, since it never will.
 */
export function evaluateFreshness(upstream: UpstreamFacts, now: Date): FreshnessResult {
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

/** All constraints of a job together: fresh when each is. */
export function evaluateAllFreshness(upstreams: readonly UpstreamFacts[], now: Date): FreshnessResult {
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

/** As Python prints an aware datetime in UTC. */
function formatInstant(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')}+00:00`;
}
