/**
 * Decides which attempt may write with a pipeline or to a dataset: one at a time, in the order of requests.
 * An attempt keeps what it holds until it ends. Pure functions.
 */

/** What an attempt may hold: a pipeline in a profile, or a dataset in a destination. */
export interface HoldTarget {
  kind: 'pipeline' | 'dataset';
  /** '' of a dataset. */
  profile: string;
  name: string;
  /** '' of a pipeline. */
  destination: string;
}

/** A hold, or a request that waits for one, of an open attempt. */
export interface PipelineHold extends HoldTarget {
  attemptId: string;
  /** The order of requests; equal for the targets of one request. */
  ticket: number;
  isHeld: boolean;
}

export interface HoldRequest {
  attemptId: string;
  /** Held together or not at all. */
  targets: readonly HoldTarget[];
  /** Of a request that waits; null of a new one. */
  ticket: number | null;
  /** Waits for database files, which only the machine of the asking attempt sees. */
  fileWaits?: readonly FileWait[];
}

/** The first attempt waits for a file that the second has open. */
export type FileWait = readonly [waiting: string, holder: string];

export type HoldDecision<Hold extends PipelineHold = PipelineHold> =
  | { kind: 'held' }
  /** `blockedBy` holds a target, or asked for it earlier. `position` is the number of attempts that come first. */
  | { kind: 'wait'; blockedBy: Hold; position: number }
  /** Waiting would never end. `blockedBy` waits, in the end, for what this attempt holds, or for a file that it has open. */
  | { kind: 'deadlock'; blockedBy: Hold; waitsFor: 'hold' | 'file' };

/** Decides a request. `holds` are all of the workspace; those of the asking attempt may be among them. */
export function decideHold<Hold extends PipelineHold>(
  holds: readonly Hold[],
  request: HoldRequest,
): HoldDecision<Hold> {
  const byTarget = Map.groupBy(holds, targetKey);
  const blockers = request.targets.flatMap((target) =>
    findBlockers(byTarget.get(targetKey(target)) ?? [], request.attemptId, request.ticket),
  );
  const [blockedBy] = blockers.toSorted(compareHolds);
  if (!blockedBy) return { kind: 'held' };
  const looped = findLoop(holds, byTarget, request, blockers);
  if (looped) return { kind: 'deadlock', ...looped };
  return { kind: 'wait', blockedBy, position: new Set(blockers.map(({ attemptId }) => attemptId)).size };
}

/** Lists what an attempt has yet to ask for: a target that it holds needs nothing more. */
export function listUnheld(
  holds: readonly PipelineHold[],
  attemptId: string,
  targets: readonly HoldTarget[],
): HoldTarget[] {
  const held = new Set(
    holds.filter((hold) => hold.attemptId === attemptId && hold.isHeld).map((hold) => targetKey(hold)),
  );
  return targets.filter((target) => !held.has(targetKey(target)));
}

/** Identifies a target within a workspace. */
export function targetKey({ kind, profile, name, destination }: HoldTarget): string {
  return JSON.stringify([kind, profile, name, destination]);
}

/** Those of other attempts that hold the target, or asked for it before. */
function findBlockers<Hold extends PipelineHold>(
  ofTarget: readonly Hold[],
  attemptId: string,
  ticket: number | null,
): Hold[] {
  return ofTarget.filter(
    (hold) => hold.attemptId !== attemptId && (hold.isHeld || ticket === null || hold.ticket < ticket),
  );
}

/**
 * Finds a chain of waits that leads from the request back to its own attempt, if the request is the youngest of
 * them: only that one is to fail.
 * @returns what blocks the request and begins the chain, and how the chain ends
 */
function findLoop<Hold extends PipelineHold>(
  holds: readonly Hold[],
  byTarget: ReadonlyMap<string, readonly Hold[]>,
  { attemptId, ticket, fileWaits = [] }: HoldRequest,
  blockers: readonly Hold[],
): { blockedBy: Hold; waitsFor: 'hold' | 'file' } | undefined {
  const own = ticket ?? Infinity;
  const waits = Map.groupBy(
    // A chain with a younger request is left to that request.
    holds.filter((hold) => !hold.isHeld && hold.ticket < own),
    (hold) => hold.attemptId,
  );
  const waitsForFiles = Map.groupBy(fileWaits, ([waiting]) => waiting);
  const visited = new Set<string>();
  const open = blockers.map((blockedBy) => ({ blockedBy, id: blockedBy.attemptId }));
  for (let from = open.pop(); from; from = open.pop()) {
    const { blockedBy, id } = from;
    if (visited.has(id)) continue;
    visited.add(id);
    const forHolds = (waits.get(id) ?? []).flatMap((wait) =>
      findBlockers(byTarget.get(targetKey(wait)) ?? [], id, wait.ticket).map((hold) => hold.attemptId),
    );
    if (forHolds.includes(attemptId)) return { blockedBy, waitsFor: 'hold' };
    const forFiles = (waitsForFiles.get(id) ?? []).map(([, holder]) => holder);
    if (forFiles.includes(attemptId)) return { blockedBy, waitsFor: 'file' };
    open.push(...[...forHolds, ...forFiles].map((next) => ({ blockedBy, id: next })));
  }
  return undefined;
}

/** Holders first, then by age. */
function compareHolds(one: PipelineHold, other: PipelineHold): number {
  return Number(other.isHeld) - Number(one.isHeld) || one.ticket - other.ticket;
}
