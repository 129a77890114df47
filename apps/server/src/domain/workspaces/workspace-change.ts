import { liveChangeKind } from '@pumphouse/contract';

/** All changes of a workspace within a moment, which tell clients what to fetch again. */
export interface WorkspaceChange {
  workspaceId: string;
  kinds: ReadonlySet<string>;
  /** Null if there are too many to list: any of them may have changed. */
  jobIds: ReadonlySet<string> | null;
  jobRunIds: ReadonlySet<string> | null;
}

/** A single change. */
export interface Change {
  workspaceId: string;
  kind: string;
  jobId: string | null;
  jobRunId: string | null;
}

/** Maximum number of jobs and of runs to list: a client that shows more fetches everything again anyway. */
export const maxNamed = 50;

/** Groups changes by workspace. */
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

/** Merges two changes; the number of ids stays bounded however often this is done. */
export function mergeChanges(one: WorkspaceChange, other: WorkspaceChange): WorkspaceChange {
  return {
    workspaceId: one.workspaceId,
    kinds: new Set([...one.kinds, ...other.kinds]),
    jobIds: mergeIds(one.jobIds, other.jobIds),
    jobRunIds: mergeIds(one.jobRunIds, other.jobRunIds),
  };
}

/** Creates a change for a workspace in which anything may have changed. */
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
  return ids.size > maxNamed ? null : ids;
}
