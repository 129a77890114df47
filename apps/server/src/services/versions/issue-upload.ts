import type { Authorization } from '../people/authorize.ts';
import type { Credentials, UploadGrant } from '../sign-in/credentials.ts';
import { requireUser } from '../sign-in/principal.ts';
import { randomUUID } from 'node:crypto';
import { ServiceError } from '../../platform/service-error.ts';

export type IssueUpload = ReturnType<typeof createIssueUpload>;

/**
 * Issues the id of a future upload, and a token for this upload only. Nothing is stored before the upload.
 */
export function createIssueUpload(credentials: Credentials) {
  return async function issueUpload(
    { principal, workspace: access }: Authorization,
    kind: UploadGrant['kind'],
  ): Promise<{ uploadId: string; token: string }> {
    if (!access) throw new Error('The operation was not authorized at a workspace');
    const { workspace } = access;
    if (workspace.archivedAt) throw new ServiceError('workspace_archived', 'The workspace is archived.');
    const uploadId = randomUUID();
    const { token } = await credentials.issueUploadToken(requireUser(principal), {
      workspaceId: workspace.id,
      kind,
      uploadId,
    });
    return { uploadId, token };
  };
}
