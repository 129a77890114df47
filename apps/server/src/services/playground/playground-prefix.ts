import type { S3Settings } from '../../blobs/s3/s3-settings.ts';

/** Where a workspace keeps its data, below the prefix of the playground. */
export function storeOfWorkspace(store: S3Settings, workspaceId: string): S3Settings {
  return { ...store, prefix: [store.prefix, workspaceId].filter(Boolean).join('/') };
}
