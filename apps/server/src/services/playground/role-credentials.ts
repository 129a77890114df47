import type { AwsCredentials } from '../../blobs/s3/sign-request.ts';
import type { S3Settings } from '../../blobs/s3/s3-settings.ts';
import { AssumeRoleError, assumeRole } from '../../blobs/s3/assume-role.ts';
import { createBucketClient } from '../../blobs/s3/s3-client.ts';
import { describeSessionPolicy } from './session-policy.ts';
import { PlaygroundError } from './playground.ts';

export interface PlaygroundRole {
  roleArn: string;
  stsUrl: string;
  hours: number;
}

export type RoleCredentials = ReturnType<typeof createRoleCredentials>;

/** Creates functions that get credentials of the playground's role. */
export function createRoleCredentials(store: S3Settings, { roleArn, stsUrl, hours }: PlaygroundRole) {
  const bucket = createBucketClient(store);
  const partition = roleArn.split(':')[1] ?? 'aws';

  async function assume(
    credentials: AwsCredentials,
    session: { name: string; policy: object | null; hours: number },
  ): Promise<AwsCredentials> {
    return assumeRole(
      { url: stsUrl, region: store.region, credentials },
      {
        roleArn,
        sessionName: session.name,
        seconds: session.hours * 3600,
        policy: session.policy,
      },
    );
  }

  return {
    /**
     * Issues credentials for a prefix.
     * @throws PlaygroundError
     */
    async issue(of: S3Settings, mayWrite: boolean): Promise<AwsCredentials> {
      const policy = describeSessionPolicy(of, { mayWrite, partition });
      const name = `pumphouse-${of.prefix.split('/').at(-1) ?? ''}`;
      try {
        return await assume(await bucket.credentials(), { name, policy, hours });
      } catch (error) {
        if (!(error instanceof AssumeRoleError)) throw error;
        throw new PlaygroundError(
          error.isRejected ? 'playground_access_denied' : 'playground_unavailable',
          error.message,
          { cause: error },
        );
      }
    },

    /** Reports whether a session can get the whole role, and so the data of all workspaces. */
    async canWiden(session: AwsCredentials): Promise<boolean> {
      try {
        await assume(session, { name: 'pumphouse-check', policy: null, hours: 1 });
        return true;
      } catch (error) {
        if (error instanceof AssumeRoleError && error.isRejected) return false;
        throw error;
      }
    },
  };
}
