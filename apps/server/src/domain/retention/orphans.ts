import type { Resource, ResourceOwner } from './resource.ts';

/** The store's records about the owners of resources. Unknown owners are absent. */
export interface OwnerInput {
  /** When the run of an attempt ended; null while it is active. */
  runEnds: ReadonlyMap<string, Date | null>;
  /** Paths of environments that are built. */
  environmentPaths: ReadonlySet<string>;
  /** By key of an environment under construction: when the builder's lease expires unless renewed. */
  buildLeases: ReadonlyMap<string, Date>;
  /** Keys of environments that attempts of active runs use. */
  usedKeys: ReadonlySet<string>;
  /** Keys of environments that the database has, or had, with whatever state. */
  knownKeys: ReadonlySet<string>;
  organizationIds: ReadonlySet<string>;
  workspaceIds: ReadonlySet<string>;
}

/** Whether a resource is orphaned and must be removed, and why; the reason is shown to operators. */
export interface OrphanStatus {
  isOrphan: boolean;
  /** The database has no record of it, so that it may be of a server with another database. Only operators remove it. */
  isUnknown: boolean;
  reason: string;
}

/** Longer than any resource takes from its creation until the store records it, and than clocks differ. */
export const minOrphanAgeSeconds = 600;
/** Longer than any upload takes: another server on the same data folder may be receiving it. */
export const maxUploadSeconds = 3600;
/** How long a replaced image is kept, for going back to an older version. */
export const replacedImageDays = 30;

/**
 * Decides whether a resource is orphaned.
 * @param input read after the resource was listed: one created in between is young
 */
export function classifyResource(
  { owner, madeAt }: Pick<Resource, 'owner' | 'madeAt'>,
  input: OwnerInput,
  now: Date,
): OrphanStatus {
  const status = deriveOwnerStatus(owner, input, now);
  if (isPast(madeAt, minOrphanAgeSeconds, now)) return status;
  // A run or a build may have begun just now.
  if (status.isUnknown) return stays('its owner is not recorded yet');
  if (!status.isOrphan) return status;
  return stays(`${status.reason}; removed when it is ${minOrphanAgeSeconds / 60} minutes old`);
}

function deriveOwnerStatus(owner: ResourceOwner, input: OwnerInput, now: Date): OrphanStatus {
  switch (owner.kind) {
    case 'attempt':
      return deriveAttemptStatus(input.runEnds.get(owner.attemptId), now);
    case 'environment':
      if (input.environmentPaths.has(owner.path)) return stays('an environment, kept for its retention');
      if (input.usedKeys.has(owner.key)) return stays('a run uses it');
      if (isUnderLease(owner.key, input, now)) return stays('it is being built');
      if (!input.knownKeys.has(owner.key)) return isOfOthers('has never had this environment');
      return goes('no run can use it: its build was interrupted, or another environment replaced it');
    case 'build':
      if (isUnderLease(owner.key, input, now)) return stays('a build needs it');
      if (!input.knownKeys.has(owner.key)) return isOfOthers('has never had the environment of this build');
      return goes('the build that needed it has ended');
    case 'cache':
      if (input.organizationIds.has(owner.organizationId))
        return stays('speeds up builds, kept for its retention');
      return isOfOthers('has no organization of this cache');
    case 'local-data':
      return input.workspaceIds.has(owner.workspaceId)
        ? stays("a workspace's data")
        : stays('the data of a deleted workspace: an operator has to remove it');
    case 'runner-image':
      return deriveImageStatus(owner.replacedAt, now);
    case 'upload':
      return isPast(owner.startedAt, maxUploadSeconds, now)
        ? goes('the server that received it was killed')
        : stays('an upload may be in progress');
    case 'nobody':
      return goes('its removal was interrupted');
    case 'installation':
      return stays('every run needs it');
    default:
      owner satisfies never;
      return stays('this version does not know its purpose');
  }
}

function deriveAttemptStatus(runEnd: Date | null | undefined, now: Date): OrphanStatus {
  if (runEnd === undefined) return isOfOthers('has no run of this attempt');
  if (runEnd === null) return stays('its run has not ended');
  if (isPast(runEnd, minOrphanAgeSeconds, now)) return goes('its run has ended');
  return stays('its run has just ended');
}

/** A builder that paused briefly renews its lease. */
function isUnderLease(key: string, { buildLeases }: OwnerInput, now: Date): boolean {
  const leaseEnd = buildLeases.get(key);
  return leaseEnd !== undefined && !isPast(leaseEnd, minOrphanAgeSeconds, now);
}

function deriveImageStatus(replacedAt: Date | null, now: Date): OrphanStatus {
  if (replacedAt === null) return stays('runs start from it');
  if (isPast(replacedAt, replacedImageDays * 86_400, now)) return goes('a later image replaced it long ago');
  return stays(`a later image replaced it; kept for ${replacedImageDays} days`);
}

function isPast(at: Date, seconds: number, now: Date): boolean {
  return now.getTime() - at.getTime() >= seconds * 1000;
}

function goes(reason: string): OrphanStatus {
  return { isOrphan: true, isUnknown: false, reason };
}

function isOfOthers(what: string): OrphanStatus {
  const reason = `this database ${what}: it may be of a server with another database`;
  return { isOrphan: false, isUnknown: true, reason };
}

function stays(reason: string): OrphanStatus {
  return { isOrphan: false, isUnknown: false, reason };
}
