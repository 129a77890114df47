import type { ChangeKind } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';
import type { VersionKind } from './find-version.ts';

/** A file that differs between two sides. */
export interface ChangedFile {
  path: string;
  change: ChangeKind;
}

export interface ChangeCounts {
  added: number;
  removed: number;
  changed: number;
  unchanged: number;
}

/** The files that differ; `base` is null for a first version. */
export interface ChangedFiles {
  base: { id: string; version: number } | null;
  target: { id: string; version: number };
  counts: ChangeCounts;
  requirements_changed: boolean;
  files: readonly ChangedFile[];
}

interface Sides {
  base?: { id: string };
  target: { id: string };
}

/** Reads which files differ between two versions; without a base, between a version and the previous one. */
export async function readChangedFiles(
  session: Session,
  kind: VersionKind,
  { base, target }: Sides,
): Promise<ChangedFiles> {
  const { client } = session;
  const workspace_id = await session.workspaceId();
  const query = base ? { base_id: base.id } : {};
  if (kind === 'deployment') {
    return client.call('compare_deployments', {
      params: { workspace_id, deployment_id: target.id },
      query,
    });
  }
  const params = { workspace_id, configuration_id: target.id };
  return { requirements_changed: false, ...(await client.call('compare_configurations', { params, query })) };
}
