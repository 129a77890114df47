import { createHash, createHmac } from 'node:crypto';

/** Credentials of AWS or of a compatible store. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of credentials that expire. */
  sessionToken?: string;
}

/** The service that a signature is for. */
export interface SigningScope {
  service: 's3' | 'sts';
  region: string;
  credentials: AwsCredentials;
}

const algorithm = 'AWS4-HMAC-SHA256';

/** Signs the POST of a form, with AWS Signature Version 4; returns its headers. */
export function signForm(url: URL, body: string, scope: SigningScope, now = new Date()) {
  const time = formatTime(now);
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    host: url.host,
    'x-amz-date': time,
    ...(scope.credentials.sessionToken && { 'x-amz-security-token': scope.credentials.sessionToken }),
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const request = ['POST', encodePath(url.pathname), '', lines.join(''), names, hash(body)].join('\n');
  const signature = sign(request, time, scope);
  const credential = `${scope.credentials.accessKeyId}/${nameScope(time, scope)}`;
  const { host: _, ...sent } = headers;
  return {
    ...sent,
    authorization: `${algorithm} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

/**
 * Returns a URL that is enough to read an object for some time: a secret.
 * @param url of the object
 */
export function presignGet(
  url: URL,
  scope: SigningScope,
  { seconds, now = new Date() }: { seconds: number; now?: Date },
): string {
  const time = formatTime(now);
  const { accessKeyId, sessionToken } = scope.credentials;
  const parameters = {
    'X-Amz-Algorithm': algorithm,
    'X-Amz-Credential': `${accessKeyId}/${nameScope(time, scope)}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(seconds),
    ...(sessionToken && { 'X-Amz-Security-Token': sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  };
  const query = Object.entries(parameters)
    .map(([name, value]) => `${name}=${encode(value)}`)
    .join('&');
  const path = encodePath(url.pathname);
  const request = ['GET', path, query, `host:${url.host}\n`, 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  return `${url.origin}${path}?${query}&X-Amz-Signature=${sign(request, time, scope)}`;
}

function sign(request: string, time: string, { service, region, credentials }: SigningScope): string {
  const text = [algorithm, time, nameScope(time, { service, region }), hash(request)].join('\n');
  const parts = [time.slice(0, 8), region, service, 'aws4_request', text];
  const first = Buffer.from(`AWS4${credentials.secretAccessKey}`);
  const signed = parts.reduce((key, part) => createHmac('sha256', key).update(part).digest(), first);
  return signed.toString('hex');
}

function nameScope(time: string, { region, service }: Pick<SigningScope, 'region' | 'service'>): string {
  return `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
}

const formatTime = (date: Date): string => date.toISOString().replaceAll(/[-:]|\.\d+/g, '');

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const encodePath = (path: string): string => decodeURIComponent(path).split('/').map(encode).join('/');

/** Like encodeURIComponent, which leaves a few characters that must be encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
