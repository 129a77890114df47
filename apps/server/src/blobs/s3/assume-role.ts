import type { AwsCredentials, SigningScope } from './sign-request.ts';
import { signForm } from './sign-request.ts';

/** An STS service, and the credentials with which it is called. */
export interface StsService {
  url: string;
  region: string;
  credentials: AwsCredentials;
}

export interface RoleSession {
  roleArn: string;
  /** Appears in the logs of the store. */
  sessionName: string;
  seconds: number;
  /** Null: all that the role may do. */
  policy: object | null;
}

/** STS gave no credentials. The message contains none. */
export class AssumeRoleError extends Error {
  override name = 'AssumeRoleError';
  /** STS has decided; false if it may answer otherwise later. */
  readonly isRejected: boolean;

  constructor(message: string, isRejected: boolean, options?: ErrorOptions) {
    super(message, options);
    this.isRejected = isRejected;
  }
}

const timeoutMs = 5000;

/**
 * Gets credentials of a role for some time, limited by a policy.
 * @throws AssumeRoleError
 */
export async function assumeRole(sts: StsService, session: RoleSession): Promise<AwsCredentials> {
  const body = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: session.roleArn,
    RoleSessionName: session.sessionName,
    DurationSeconds: String(session.seconds),
    ...(session.policy && { Policy: JSON.stringify(session.policy) }),
  }).toString();
  const url = new URL(sts.url);
  const scope: SigningScope = { service: 'sts', region: sts.region, credentials: sts.credentials };
  const { status, text } = await post(url, body, signForm(url, body, scope));
  if (status !== 200)
    throw new AssumeRoleError(
      `${url.origin} gave no credentials of the role ${session.roleArn}: ${readElement(text, 'Message') ?? `status ${status}`}`,
      status >= 400 && status < 500 && status !== 429,
    );
  const accessKeyId = readElement(text, 'AccessKeyId');
  const secretAccessKey = readElement(text, 'SecretAccessKey');
  const sessionToken = readElement(text, 'SessionToken');
  if (!accessKeyId || !secretAccessKey || !sessionToken)
    throw new AssumeRoleError(`${url.origin} does not answer like an STS service.`, true);
  return { accessKeyId, secretAccessKey, sessionToken };
}

async function post(url: URL, body: string, headers: Record<string, string>) {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { method: 'POST', body, headers, signal, redirect: 'error' });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new AssumeRoleError(`${url.origin} does not answer.`, false, { cause: error });
  }
}

/** The text of the only element of a name: the answers of STS repeat none of those that are read. */
function readElement(xml: string, name: string): string | null {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return (
    text?.replaceAll(/&(amp|lt|gt|quot|#39|apos);/g, (_, entity: string) => entities[entity] ?? '') ?? null
  );
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", apos: "'" };
