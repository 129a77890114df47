import type { AwsCredentials } from '../../blobs/s3/sign-request.ts';
import type { Playground } from './playground.ts';
import type { S3Settings } from '../../blobs/s3/s3-settings.ts';
import { LRUCache } from 'lru-cache';
import { createRoleCredentials } from './role-credentials.ts';
import { checkRole } from './check-role.ts';
import { describeDestination, isReadingProfile } from './playground.ts';
import { describeS3 } from '../../blobs/s3/s3-settings.ts';
import { storeOfWorkspace } from './playground-prefix.ts';
import { readWorkspaceKey } from './workspace-keys.ts';

/** A playground in a bucket: each workspace has the prefix of its id. */
export interface S3PlaygroundSettings {
  /** The bucket, the prefix, and the server's own credentials. */
  store: S3Settings;
  /** Where runs reach the store; null: where the server does. */
  runsEndpoint: string | null;
  source:
    | { kind: 'role'; roleArn: string; stsUrl: string; hours: number }
    /** A JSON file with a key of the store for each workspace. */
    | { kind: 'keys'; path: string };
}

/** Runs that start at the same time share credentials. They outlast a run by this much less. */
const sharedMs = 60_000;
const maxShared = 1000;

/** Creates a playground whose credentials reach only the prefix of a workspace. */
export function createS3Playground(settings: S3PlaygroundSettings): Playground {
  const { store, source } = settings;
  const role = source.kind === 'role' ? createRoleCredentials(store, source) : null;
  const shared = new LRUCache<string, Promise<AwsCredentials>>({ max: maxShared, ttl: sharedMs });

  async function findCredentials(workspaceId: string, mayWrite: boolean): Promise<AwsCredentials | null> {
    if (source.kind === 'keys') return readWorkspaceKey(source.path, { workspaceId, mayWrite });
    if (!role) return null;
    const key = `${workspaceId} ${mayWrite}`;
    const known = shared.get(key);
    if (known) return known;
    const asked = role.issue(storeOfWorkspace(store, workspaceId), mayWrite);
    shared.set(key, asked);
    asked.catch(() => shared.delete(key));
    return asked;
  }

  return {
    async grant({ workspaceId, profile }) {
      const credentials = await findCredentials(workspaceId, !isReadingProfile(profile));
      if (!credentials) return null;
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      const endpoint = settings.runsEndpoint ?? store.endpoint;
      return {
        variables: describeDestination(describeS3(storeOfWorkspace(store, workspaceId)), {
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          ...(sessionToken && { AWS_SESSION_TOKEN: sessionToken }),
          REGION_NAME: store.region,
          ...(endpoint && { ENDPOINT_URL: endpoint }),
          ...(store.forcePathStyle && { S3_URL_STYLE: 'path' }),
        }),
        maskedValues: [secretAccessKey, ...(sessionToken ? [sessionToken] : [])],
      };
    },
    async check() {
      if (role) await checkRole(store, role);
    },
  };
}
