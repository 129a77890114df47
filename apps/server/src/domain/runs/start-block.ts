import type { StartBlock } from '@pumphouse/contract';
import type { SkipStatus, StartDecision, StartInput } from './start-decision.ts';
import { evaluateFreshness } from '../scheduling/freshness.ts';
import { readUpstreamRef } from '../scheduling/refresh.ts';
import { decideStart } from './start-decision.ts';

/** What prevents a start under the current conditions. */
export interface BlockedStart {
  code: StartBlock;
  detail: string;
  /** It can resolve by itself before the start; otherwise a user must act. */
  mayPass: boolean;
  /** The ref of the job that the start waits for. */
  byRef: string | null;
}

/** The code for each skip status, and whether the block can resolve by itself. */
const blocks: Record<SkipStatus, { code: StartBlock; mayPass: boolean }> = {
  skipped_already_covered: { code: 'already_covered', mayPass: false },
  skipped_concurrency_limit: { code: 'concurrency_limit', mayPass: true },
  skipped_fresh: { code: 'upstream_stale', mayPass: true },
  skipped_minutes_limit: { code: 'minutes_limit', mayPass: false },
  skipped_missed: { code: 'missed', mayPass: false },
  skipped_org_concurrency_limit: { code: 'organization_concurrency_limit', mayPass: true },
  skipped_out_of_interval: { code: 'out_of_interval', mayPass: false },
  skipped_paused: { code: 'paused', mayPass: false },
  skipped_upstream_pending: { code: 'upstream_pending', mayPass: true },
  skipped_workspace_archived: { code: 'workspace_archived', mayPass: false },
};

/** Capacity blocks matter only for a start that is allowed otherwise. */
const roomCodes = new Set<StartBlock>([
  'concurrency_limit',
  'organization_concurrency_limit',
  'minutes_limit',
]);

/**
 * Finds what would prevent a start at `at` if everything else stayed as at `input.now`, by the rules of
 * `decideStart`. Only time advances: the interval is over then, and a new month has all its minutes. Null if
 * nothing would.
 * @param at null for a start without a time
 */
export function findStartBlock(input: StartInput, at: Date | null): BlockedStart | null {
  const then = at !== null && at > input.now ? at : input.now;
  const organization = isSameMonth(then, input.now)
    ? input.organization
    : { ...input.organization, usedSeconds: 0 };
  const block = toBlock(decideStart({ ...input, organization, now: then, skipFreshness: true }));
  if (block !== null && !roomCodes.has(block.code)) return block;
  return findStale(input) ?? block;
}

/** Evaluates upstreams as of now: their ticks before the start will have run by then. */
function findStale({ upstreams, now, skipFreshness }: StartInput): BlockedStart | null {
  if (skipFreshness) return null;
  const stale = upstreams.filter((upstream) => !evaluateFreshness(upstream, now).isFresh);
  const [first] = stale;
  if (!first) return null;
  const reasons = stale.flatMap((upstream) => evaluateFreshness(upstream, now).reasons);
  return { ...blocks.skipped_fresh, detail: reasons.join('; '), byRef: readUpstreamRef(first.constraint) };
}

function toBlock(decision: StartDecision): BlockedStart | null {
  if (decision.outcome === 'start') return null;
  if (decision.outcome === 'refuse')
    return { code: 'job_archived', detail: decision.reasons.join('; '), mayPass: false, byRef: null };
  if (decision.outcome === 'skip')
    return { ...blocks[decision.status], detail: decision.reasons.join('; '), byRef: null };
  const code = decision.waitsFor === 'job' ? 'concurrency_limit' : 'organization_concurrency_limit';
  return { code, detail: decision.reason, mayPass: true, byRef: null };
}

function isSameMonth(a: Date, b: Date): boolean {
  return a.toISOString().slice(0, 'YYYY-MM'.length) === b.toISOString().slice(0, 'YYYY-MM'.length);
}
