import type { BlobStore } from '../../blobs/blob-store.ts';
import type { RoleCredentials } from './role-credentials.ts';
import type { S3Settings } from '../../blobs/s3/s3-settings.ts';
import { randomBytes } from 'node:crypto';
import { BlobStoreError } from '../../blobs/blob-store.ts';
import { createBucketClient } from '../../blobs/s3/s3-client.ts';
import { createS3BlobStore } from '../../blobs/s3/s3-blob-store.ts';
import { describeS3 } from '../../blobs/s3/s3-settings.ts';
import { PlaygroundError } from './playground.ts';
import { storeOfWorkspace } from './playground-prefix.ts';

/**
 * Checks with two prefixes that no workspace has: credentials of one write there, and neither write, list nor read
 * in the other. Stores exist that ignore the policy of a session.
 * @throws PlaygroundError
 */
export async function checkRole(store: S3Settings, role: RoleCredentials): Promise<void> {
  const [own, other] = [probeOf(store), probeOf(store)];
  const credentials = await role.issue(own, true);
  const open = (settings: S3Settings) => createS3BlobStore(createBucketClient({ ...settings, credentials }));
  await requireWritable(open(own), own);
  const others = open(other);
  const isOpen =
    !(await isDenied(async () => others.put('probe', Buffer.from('x')))) ||
    !(await isDenied(async () => others.stat('probe'))) ||
    !(await isDenied(async () => Array.fromAsync(others.list(''))));
  if (isOpen)
    throw notIsolated(
      `Credentials for ${describeS3(own)} also reach ${describeS3(other)}: this store ignores the policy of a session.`,
    );
  if (await role.canWiden(credentials))
    throw notIsolated(
      'Credentials of a run can assume the role again, without a limit. Let the trust policy of the role name only the server.',
    );
}

function probeOf(store: S3Settings): S3Settings {
  return storeOfWorkspace(store, `check-${randomBytes(8).toString('hex')}`);
}

async function requireWritable(blobs: BlobStore, settings: S3Settings): Promise<void> {
  try {
    await blobs.put('probe', Buffer.from('x'));
    await blobs.delete('probe');
  } catch (error) {
    if (!(error instanceof BlobStoreError) || error.code === 'blobs_unavailable') throw unavailable(error);
    throw new PlaygroundError(
      'playground_access_denied',
      `The role of the playground does not permit writing to ${describeS3(settings)}. Grant the permissions in docs/operate/playground.md.`,
      { cause: error },
    );
  }
}

async function isDenied(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return false;
  } catch (error) {
    if (error instanceof BlobStoreError && error.code === 'blobs_access_denied') return true;
    throw unavailable(error);
  }
}

function unavailable(error: unknown): PlaygroundError {
  return new PlaygroundError(
    'playground_unavailable',
    'The store of the playground does not answer as it should.',
    { cause: error },
  );
}

function notIsolated(reason: string): PlaygroundError {
  return new PlaygroundError(
    'playground_not_isolated',
    `${reason} Correct it, or use keys per workspace (docs/operate/playground.md).`,
  );
}
