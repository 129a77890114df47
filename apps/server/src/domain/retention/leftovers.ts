import type { Belonging, BelongingOwner } from './belonging.ts';

/** The store's records about the owners of resources. Unknown owners are absent. */
export interface OwnerFacts {
  /** When the run of an attempt ended; null while it is active. */
  runEnds: ReadonlyMap<string, Date | null>;
  /** Paths of environments that are built. */
  environmentPaths: ReadonlySet<string>;
  /** By key of an environment under construction: when the builder's lease expires unless renewed. */
  buildLeases: ReadonlyMap<string, Date>;
  /** Keys of environments that attempts of active runs use. */
  usedKeys: ReadonlySet<string>;
  organizationIds: ReadonlySet<string>;
  workspaceIds: ReadonlySet<string>;
}

/** Whether a resource is orphaned and must be removed, and why; the reason is shown to operators. */
export interface Verdict {
  isLeftover: boolean;
  reason: string;
}

/** Longer than any resource takes from its creation until the store records it, and than clocks differ. */
export const youngestLeftoverSeconds = 600;
/** How long a replaced image is kept, for going back to an older version. */
export const replacedImageDays = 30;

/**
 * Decides whether a resource is orphaned.
 * @param facts read after the resource was listed: one created in between is young
 */
export function judgeBelonging(
  { owner, madeAt }: Pick<Belonging, 'owner' | 'madeAt'>,
  facts: OwnerFacts,
  now: Date,
): Verdict {
  const verdict = judgeOwner(owner, facts, now);
  if (!verdict.isLeftover || isPast(madeAt, youngestLeftoverSeconds, now)) return verdict;
  return stays(`${verdict.reason}; removed when it is ${youngestLeftoverSeconds / 60} minutes old`);
}

function judgeOwner(owner: BelongingOwner, facts: OwnerFacts, now: Date): Verdict {
  switch (owner.kind) {
    case 'attempt':
      return judgeAttempt(facts.runEnds.get(owner.attemptId), now);
    case 'environment':
      if (facts.environmentPaths.has(owner.path)) return stays('an environment, kept for its retention');
      if (facts.usedKeys.has(owner.key)) return stays('a run uses it');
      if (isUnderLease(owner.key, facts, now)) return stays('it is being built');
      return goes('no run can use it: its build was interrupted, or another environment replaced it');
    case 'build':
      if (isUnderLease(owner.key, facts, now)) return stays('a build needs it');
      return goes('the build that needed it has ended');
    case 'cache':
      if (facts.organizationIds.has(owner.organizationId))
        return stays('speeds up builds, kept for its retention');
      return goes('its organization was deleted');
    case 'local-data':
      return facts.workspaceIds.has(owner.workspaceId)
        ? stays("a workspace's data")
        : stays('the data of a deleted workspace: an operator has to remove it');
    case 'runner-image':
      return judgeImage(owner.replacedAt, now);
    case 'nobody':
      return goes('its removal was interrupted');
    case 'installation':
      return stays('every run needs it');
    default:
      owner satisfies never;
      return stays('this version does not know its purpose');
  }
}

function judgeAttempt(runEnd: Date | null | undefined, now: Date): Verdict {
  if (runEnd === undefined) return goes('no run of this attempt exists');
  if (runEnd === null) return stays('its run has not ended');
  if (isPast(runEnd, youngestLeftoverSeconds, now)) return goes('its run has ended');
  return stays('its run has just ended');
}

/** A builder that paused briefly renews its lease. */
function isUnderLease(key: string, { buildLeases }: OwnerFacts, now: Date): boolean {
  const leaseEnd = buildLeases.get(key);
  return leaseEnd !== undefined && !isPast(leaseEnd, youngestLeftoverSeconds, now);
}

function judgeImage(replacedAt: Date | null, now: Date): Verdict {
  if (replacedAt === null) return stays('runs start from it');
  if (isPast(replacedAt, replacedImageDays * 86_400, now)) return goes('a later image replaced it long ago');
  return stays(`a later image replaced it; kept for ${replacedImageDays} days`);
}

function isPast(at: Date, seconds: number, now: Date): boolean {
  return now.getTime() - at.getTime() >= seconds * 1000;
}

function goes(reason: string): Verdict {
  return { isLeftover: true, reason };
}

function stays(reason: string): Verdict {
  return { isLeftover: false, reason };
}
