import type { BlockedStart } from '../../domain/runs/start-block.ts';
import type {
  JobRecord,
  JobRunRecord,
  LocalDataHolder,
  NextTick,
  DeferredStart,
} from '../../store/records.ts';
import type { StartContext } from '../runs/start-context.ts';
import type { StartInput } from '../../domain/runs/start-decision.ts';
import { decideTick } from '../../domain/scheduling/tick-decision.ts';
import { describeQueued } from '../runs/start-queued.ts';
import { describeStart } from '../runs/start-batch.ts';
import { plainStart } from '../runs/start-request.ts';
import { findRefusal } from '../runs/start-refusals.ts';
import { findStartBlock } from '../../domain/runs/start-block.ts';

/** A future start. */
export type PlannedStart =
  | { source: 'tick'; tick: NextTick }
  | { source: 'retry'; run: JobRunRecord }
  | { source: 'pending'; run: JobRunRecord }
  | { source: 'queue'; run: JobRunRecord }
  | { source: 'promise'; promise: DeferredStart };

export type NextStartBlock = Omit<BlockedStart, 'byRef'> & {
  by: { jobId: string | null; ref: string } | null;
};

/** The data that was loaded once for all starts. */
export interface Situation {
  context: StartContext;
  holders: readonly LocalDataHolder[];
  now: Date;
}

/**
 * Finds what prevents a start of a job, by the rules that decide about starts; null if nothing does. Runs
 * that wait for a retry or to be claimed are not decided on again.
 */
export function findNextStartBlock(
  start: PlannedStart,
  job: JobRecord,
  { context, holders, now }: Situation,
): NextStartBlock | null {
  if (start.source === 'retry') return null;
  if (start.source === 'pending') return findHolder(start.run, holders);
  const refusal = findRefusal(context, job, profileOf(start));
  if (refusal) {
    return { code: refusal.code, detail: refusal.detail, mayPass: false, by: null };
  }
  const at = start.source === 'tick' ? start.tick.nextTickAt : null;
  const found = findStartBlock(describe(start, job, context, now), at);
  const block = start.source === 'promise' ? awaitUpstreams(job, found) : found;
  if (!block) return null;
  const { byRef, ...rest } = block;
  return {
    ...rest,
    by: byRef === null ? null : { jobId: context.findUpstream(byRef)?.id ?? null, ref: byRef },
  };
}

type Undecided = Exclude<PlannedStart, { source: 'retry' } | { source: 'pending' }>;

function profileOf(start: Undecided): string | null {
  if (start.source === 'tick') return null;
  return start.source === 'queue' ? start.run.profile : start.promise.profile;
}

function describe(start: Undecided, job: JobRecord, context: StartContext, now: Date): StartInput {
  if (start.source === 'queue') return describeQueued(context, job, start.run, now);
  const options = { ...plainStart, now, profile: profileOf(start) };
  if (start.source === 'promise')
    return withoutPending(
      describeStart(context, job, start.promise.trigger, { ...options, origin: 'promise' }),
    );
  const { isMissed } = decideTick(job.definition, start.tick, now);
  return withoutPending(
    describeStart(context, job, start.tick.trigger, { ...options, origin: 'tick', isMissed }),
  );
}

const withoutPending = (input: Omit<StartInput, 'pendingUpstreams'>): StartInput => ({
  ...input,
  pendingUpstreams: [],
});

/** A deferred start waits for runs that its call has started, however fresh the upstreams were before. */
function awaitUpstreams(job: JobRecord, block: BlockedStart | null): BlockedStart | null {
  if (block && block.code !== 'upstream_stale') return block;
  const byRef = block?.byRef ?? job.upstreamRefs[0] ?? null;
  const detail = `it starts when ${job.upstreamRefs.join(' and ')} completed`;
  return { code: 'upstream_pending', detail, mayPass: true, byRef };
}

function findHolder(run: JobRunRecord, holders: readonly LocalDataHolder[]): NextStartBlock | null {
  const holder = run.sharesLocalData ? holders.find(({ profile }) => profile === run.profile) : undefined;
  if (!holder) return null;
  const detail = `run ${holder.number} of ${holder.jobRef} uses the local data of the workspace; this run is next`;
  return {
    code: 'local_data_in_use',
    detail,
    mayPass: true,
    by: { jobId: holder.jobId, ref: holder.jobRef },
  };
}
