/** AWS Signature Version 4. The library that signs, a part of the SDK, is loaded with the first request. */
import type { Hash, Hmac } from 'node:crypto';
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

const bodyHash = 'x-amz-content-sha256';

/** Signs the POST of a form; returns its headers. */
export async function signForm(
  url: URL,
  body: string,
  scope: SigningScope,
  now = new Date(),
): Promise<Record<string, string>> {
  const signer = await createSigner(scope);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', host: url.host };
  const request = { method: 'POST', headers, body, query: {}, ...locate(url) };
  const { host: _, ...signed } = (await signer.sign(request, { signingDate: now })).headers;
  return signed;
}

/**
 * Returns a URL that is enough to read an object for some time: a secret.
 * @param url of the object
 */
export async function presignGet(
  url: URL,
  scope: SigningScope,
  { seconds, now = new Date() }: { seconds: number; now?: Date },
): Promise<string> {
  const signer = await createSigner(scope);
  const headers = { host: url.host, [bodyHash]: 'UNSIGNED-PAYLOAD' };
  const request = { method: 'GET', headers, query: {}, ...locate(url) };
  const { path, query = {} } = await signer.presign(request, {
    expiresIn: seconds,
    signingDate: now,
    // Only for the signature: the reader sends no such header.
    unhoistableHeaders: new Set([bodyHash]),
    unsignableHeaders: new Set([bodyHash]),
  });
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encode(String(value))}`);
  return `${url.origin}${path}?${parameters.join('&')}`;
}

async function createSigner({ service, region, credentials }: SigningScope) {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const forS3 = { uriEscapePath: false, applyChecksum: false };
  return new SignatureV4({ service, region, credentials, sha256: Sha256, ...(service === 's3' && forS3) });
}

function locate({ protocol, hostname, port, pathname }: URL) {
  const path = decodeURIComponent(pathname).split('/').map(encode).join('/');
  return { protocol, hostname, ...(port !== '' && { port: Number(port) }), path };
}

/** Like encodeURIComponent, which leaves a few characters that must be encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

type Data = string | ArrayBuffer | ArrayBufferView;

/** SHA-256 of Node in the form that the library asks for; an HMAC with a secret. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: Data) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(secret));
  }

  update(data: Data): void {
    this.#hash.update(toBytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function toBytes(data: Data): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}
