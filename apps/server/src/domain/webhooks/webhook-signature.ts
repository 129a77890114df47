/** Maximum age of a signature, and maximum lead ahead of the database clock. */
export const signatureSeconds = 300;

/** The data that must be signed, and the signatures of the request: one valid signature is enough. */
export interface SignatureClaim {
  /** Signed before the body: the time and a dot, or nothing. */
  prefix: string;
  /** HMAC-SHA-256 in lowercase hex digits. */
  signatures: string[];
}

export type SignatureReading = { ok: true; claim: SignatureClaim } | { ok: false; problem: string };

/** The raw values of the two headers. */
export interface SignatureHeaders {
  /** `X-Pumphouse-Signature: t=<unix seconds>,v1=<hex>` */
  own: string | undefined;
  /** `X-Hub-Signature-256: sha256=<hex>`, as GitHub sends it. */
  hub: string | undefined;
}

const hexSignature = /^[0-9a-f]{64}$/;

/**
 * Reads the signature headers of a delivery. If our own header is present, only it counts, because it
 * contains a time: falling back to the other one would allow replays of old deliveries.
 */
export function readSignature({ own, hub }: SignatureHeaders, now: Date): SignatureReading {
  if (own !== undefined) return readOwnSignature(own, now);
  if (hub !== undefined) return readHubSignature(hub);
  return refuse('The delivery is not signed, and this webhook accepts only signed deliveries.');
}

function readOwnSignature(header: string, now: Date): SignatureReading {
  const parts = header.split(',').map((part) => part.trim());
  const values = (name: string) =>
    parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1));
  const [time, ...otherTimes] = values('t');
  const signatures = values('v1').map((value) => value.toLowerCase());
  const isReadable = time !== undefined && /^\d{1,12}$/.test(time) && otherTimes.length === 0;
  if (!isReadable || signatures.length === 0 || !signatures.every((value) => hexSignature.test(value))) {
    return refuse('The header X-Pumphouse-Signature must be t=<unix seconds>,v1=<hex of the HMAC-SHA-256>.');
  }
  const ageSeconds = now.getTime() / 1000 - Number(time);
  if (Math.abs(ageSeconds) > signatureSeconds) {
    const text = ageSeconds > 0 ? 'older' : 'more in the future';
    return refuse(
      `The signature is ${text} than ${signatureSeconds / 60} minutes by the clock of the server.`,
    );
  }
  return { ok: true, claim: { prefix: `${time}.`, signatures } };
}

function readHubSignature(header: string): SignatureReading {
  const value = header.trim().toLowerCase();
  const signature = value.startsWith('sha256=') ? value.slice('sha256='.length) : '';
  if (!hexSignature.test(signature)) {
    return refuse('The header X-Hub-Signature-256 must be sha256=<hex of the HMAC-SHA-256>.');
  }
  return { ok: true, claim: { prefix: '', signatures: [signature] } };
}

function refuse(problem: string): SignatureReading {
  return { ok: false, problem };
}
