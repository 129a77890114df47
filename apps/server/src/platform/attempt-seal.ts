/**
 * The server's side of the messages between attempts and servers: sealed with keys that both derive from the
 * attempt's secret, which is never sent (docs/contribute/attempt-protocol.md, docs/decisions/0053).
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Transform, type Readable, type TransformCallback } from 'node:stream';

/** Scheme of the `Authorization` header, and the header that marks a sealed response. */
export const sealScheme = 'Pumphouse-Sealed';

const nonceBytes = 16;
/** A bootstrap keeps one frame in memory at a time. */
const frameBytes = 256 * 1024;
const blockBytes = 256 * 1024;

export interface SealedHeader {
  nonce: Buffer;
  /** SHA-256 of the body as it is sent, in hex. */
  bodySha256: string;
  mac: string;
}

/** The address at which an attempt reaches a server. */
export interface ServerEndpoint {
  url: string;
  /** A Unix socket on the same machine. */
  socket?: string | undefined;
}

/** Parses the header; null if it is invalid or has another scheme. */
export function readSealedHeader(header: string | undefined): SealedHeader | null {
  const fields = /^Pumphouse-Sealed nonce=([0-9a-f]{32}),body=([0-9a-f]{64}),mac=([0-9a-f]{64})$/.exec(
    header ?? '',
  );
  const [, nonce, bodySha256, mac] = fields ?? [];
  if (nonce === undefined || bodySha256 === undefined || mac === undefined) return null;
  return { nonce: Buffer.from(nonce, 'hex'), bodySha256, mac };
}

export type AttemptSeal = ReturnType<typeof createAttemptSeal>;

/** The seal of one attempt. */
export function createAttemptSeal(secret: string, attemptId: string) {
  const derive = (purpose: string) => hmac(secret, `pumphouse attempt 1\n${attemptId}\n${purpose}`);

  return {
    /**
     * Verifies that a request comes from the attempt, as far as its header proves.
     * @param route the part of the URL after the attempt's id
     */
    isProved(method: string, route: string, { nonce, bodySha256, mac }: SealedHeader): boolean {
      const output = [method, route, nonce.toString('hex'), bodySha256].join('\n');
      return timingSafeEqual(hmac(derive('request mac'), output), Buffer.from(mac, 'hex'));
    },

    /** Decrypts the body of a request with a verified header; null if it was changed in transit. */
    openBody({ nonce, bodySha256 }: SealedHeader, body: Uint8Array): Buffer | null {
      if (createHash('sha256').update(body).digest('hex') !== bodySha256) return null;
      return mix(body, Buffer.concat([derive('request'), nonce]));
    },

    sealAnswer({ nonce }: SealedHeader, status: number, body: Uint8Array): Buffer {
      const frames = createFrames(nonce, status);
      const pieces: Buffer[] = [frames.nonce];
      for (let at = 0; at + frameBytes < body.length; at += frameBytes)
        pieces.push(frames.next(body.subarray(at, at + frameBytes), false));
      const rest = body.length === 0 ? 0 : Math.floor((body.length - 1) / frameBytes) * frameBytes;
      pieces.push(frames.next(body.subarray(rest), true));
      return Buffer.concat(pieces);
    },

    sealStream({ nonce }: SealedHeader, status: number, body: Readable): Readable {
      const frames = createFrames(nonce, status);
      let held = Buffer.alloc(0);
      const sealed = new Transform({
        transform(piece: Buffer, _encoding, callback: TransformCallback) {
          held = Buffer.concat([held, piece]);
          for (; held.length > frameBytes; held = held.subarray(frameBytes))
            this.push(frames.next(held.subarray(0, frameBytes), false));
          callback();
        },
        flush(callback: TransformCallback) {
          callback(null, frames.next(held, true));
        },
      });
      sealed.push(frames.nonce);
      // Without the last frame, the receiver rejects everything that was sent.
      body.on('error', (error) => sealed.destroy(error));
      sealed.on('close', () => body.destroy());
      return body.pipe(sealed);
    },

    /** Creates the redirect that a server that takes over writes to the attempt's folder. */
    writeRedirect({ url, socket }: ServerEndpoint): string {
      const mac = hmac(derive('redirect'), `${url}\n${socket ?? ''}`).toString('hex');
      return JSON.stringify({ attempts_url: url, attempts_socket: socket ?? null, mac });
    },
  };

  function createFrames(requestNonce: Buffer, status: number) {
    const nonce = randomBytes(nonceBytes);
    const answerKey = derive('answer');
    const macKey = derive('answer mac');
    let index = 0n;
    return {
      nonce,
      next(piece: Uint8Array, isLast: boolean): Buffer {
        const scope = Buffer.concat([requestNonce, nonce, bigEndian(index++)]);
        const frame = mix(piece, Buffer.concat([answerKey, scope]));
        const head = Buffer.alloc(5);
        head.writeUInt32BE(frame.length);
        head[4] = isLast ? 1 : 0;
        const statusBytes = Buffer.of(status >> 8, status & 0xff);
        return Buffer.concat([head, frame, hmac(macKey, Buffer.concat([scope, statusBytes, head, frame]))]);
      },
    };
  }
}

function bigEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

function hmac(key: string | Uint8Array, output: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(output).digest();
}

/**
 * Encrypts or decrypts: each key is used for one text only. Works on words for speed, because a chunk has a
 * million bytes.
 */
function mix(data: Uint8Array, key: Uint8Array): Buffer {
  const mixed = new Uint32Array(Math.ceil(data.length / 4));
  const bytes = Buffer.from(mixed.buffer);
  bytes.set(data);
  for (let at = 0; at < data.length; at += blockBytes) {
    const stream = streamOf(key, at / blockBytes, Math.min(blockBytes, bytes.length - at));
    const from = at / 4;
    for (let word = 0; word < stream.length; word += 1)
      mixed[from + word] = (mixed[from + word] ?? 0) ^ (stream[word] ?? 0);
  }
  return bytes.subarray(0, data.length);
}

/**
 * Derives the key stream of a block.
 * @param size a multiple of 4
 */
function streamOf(key: Uint8Array, index: number, size: number): Uint32Array {
  const stream = new Uint32Array(size / 4);
  const hash = createHash('shake256', { outputLength: size })
    .update(key)
    .update(bigEndian(BigInt(index)));
  Buffer.from(stream.buffer).set(hash.digest());
  return stream;
}
