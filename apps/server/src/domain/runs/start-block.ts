import type { StartBlock } from '@pumphouse/contract';
import type { SkipStatus, StartDecision, StartInput } from './start-decision.ts';
import { evaluateFreshness } from '../scheduling/freshness.ts';
import { readUpstreamRef } from '../scheduling/refresh.ts';
import { decideStart } from './start-decision.ts';

/** What keeps a start from coming about as things are. */
export interface BlockedStart {
  code: StartBlock;
  detail: string;
  /** It can end by itself until then; else somebody has to do something. */
  mayPass: boolean;
  /** The ref of the job that it waits for. */
  byRef: string | null;
}

/** The words for statuses of skips, and whether what they say can end by itself. */
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

/** A full house is no obstacle to what is not let in at all. */
const roomCodes = new Set<StartBlock>([
  'concurrency_limit',
  'organization_concurrency_limit',
  'minutes_limit',
]);

/**
 * What would keep a start that comes at `at` from coming about, were everything then as it is at `input.now`: the rules are those of
 * `decideStart`. Time alone is that of the start: its interval is over then, and a new month has all its minutes. Null where nothing would.
 * @param at null for a start that has no time
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

/** Upstreams are looked at as they are now: until the start comes, the ticks of theirs that lie between will have run. */
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
