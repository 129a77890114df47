import { liveChangeKind } from '@pumphouse/contract';

/** All that changed in a workspace within a moment: what has to be fetched anew. */
export interface WorkspaceChange {
  workspaceId: string;
  kinds: ReadonlySet<string>;
  /** Null where they are too many to name: any may have changed. */
  jobIds: ReadonlySet<string> | null;
  jobRunIds: ReadonlySet<string> | null;
}

/** One thing that changed. */
export interface Change {
  workspaceId: string;
  kind: string;
  jobId: string | null;
  jobRunId: string | null;
}

/** Jobs, and runs, that are named at most: who shows more fetches all of it anyway. */
export const mostNamed = 50;

/** Adds up changes, one for each workspace that has some. */
export function gatherChanges(changes: readonly Change[]): WorkspaceChange[] {
  const gathered = new Map<string, WorkspaceChange>();
  for (const change of changes) {
    const known = gathered.get(change.workspaceId);
    gathered.set(
      change.workspaceId,
      known ? mergeChanges(known, toWorkspaceChange(change)) : toWorkspaceChange(change),
    );
  }
  return [...gathered.values()];
}

/** Both in one; the number of ids stays bounded however often this is done. */
export function mergeChanges(one: WorkspaceChange, other: WorkspaceChange): WorkspaceChange {
  return {
    workspaceId: one.workspaceId,
    kinds: new Set([...one.kinds, ...other.kinds]),
    jobIds: mergeIds(one.jobIds, other.jobIds),
    jobRunIds: mergeIds(one.jobRunIds, other.jobRunIds),
  };
}

/** What is told where it is not known what changed, if anything did. */
export function changeOfAnything(workspaceId: string): WorkspaceChange {
  return { workspaceId, kinds: new Set(liveChangeKind.options), jobIds: null, jobRunIds: null };
}

function toWorkspaceChange({ workspaceId, kind, jobId, jobRunId }: Change): WorkspaceChange {
  return {
    workspaceId,
    kinds: new Set([kind]),
    jobIds: new Set(jobId === null ? [] : [jobId]),
    jobRunIds: new Set(jobRunId === null ? [] : [jobRunId]),
  };
}

function mergeIds(
  one: WorkspaceChange['jobIds'],
  other: WorkspaceChange['jobIds'],
): WorkspaceChange['jobIds'] {
  if (one === null || other === null) return null;
  const ids = new Set([...one, ...other]);
  return ids.size > mostNamed ? null : ids;
}
