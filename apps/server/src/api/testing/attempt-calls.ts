/**
 * Simulates the bootstrap of an attempt. The seal is implemented a second time here, so that one mistake
 * cannot hide on both sides.
 */
import type { FastifyInstance } from 'fastify';
import type { TestAttempt } from './api-fixture.ts';
import { createHash, createHmac, randomBytes } from 'node:crypto';

export interface AttemptAnswer {
  statusCode: number;
  /** Whether the response proves that it comes from the server. */
  isProved: boolean;
  /** The response body without its seal. */
  body: Buffer;
  json(): unknown;
}

export interface SealedCall {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  payload?: Buffer;
}

/** The seal of an attempt, as its bootstrap computes it. */
export function createBootstrapSeal({ id, secret }: TestAttempt, routes = 'attempts') {
  const derive = (purpose: string) => mac(secret, Buffer.from(`pumphouse attempt 1\n${id}\n${purpose}`));

  function seal(method: 'GET' | 'POST', route: string, payload: string | Buffer = '') {
    const nonce = randomBytes(16);
    const body = mix(Buffer.from(payload as string), Buffer.concat([derive('request'), nonce]));
    const digest = createHash('sha256').update(body).digest('hex');
    const output = [method, route, nonce.toString('hex'), digest].join('\n');
    const proof = mac(derive('request mac'), Buffer.from(output)).toString('hex');
    const authorization = `Pumphouse-Sealed nonce=${nonce.toString('hex')},body=${digest},mac=${proof}`;
    const call: SealedCall = {
      method,
      url: `/pumphouse/v1/${routes}/${id}/${route}`,
      headers: { authorization, 'content-type': 'application/octet-stream' },
      ...(method === 'POST' ? { payload: body } : {}),
    };
    return { call, nonce };
  }

  /** Opens the body of a response; null if any part of it is not proven. */
  function open(requestNonce: Buffer, status: number, sealed: Buffer): Buffer | null {
    const nonce = sealed.subarray(0, 16);
    const pieces: Buffer[] = [];
    let at = 16;
    for (let index = 0; at < sealed.length; index += 1) {
      const head = sealed.subarray(at, at + 5);
      const frame = sealed.subarray(at + 5, at + 5 + head.readUInt32BE());
      const tag = sealed.subarray(at + 5 + frame.length, at + 5 + frame.length + 32);
      const context = Buffer.concat([
        requestNonce,
        nonce,
        Buffer.from(index.toString(16).padStart(16, '0'), 'hex'),
      ]);
      const output = Buffer.concat([context, Buffer.of(status >> 8, status & 255), head, frame]);
      if (!mac(derive('answer mac'), output).equals(tag)) return null;
      pieces.push(mix(frame, Buffer.concat([derive('answer'), context])));
      at += 37 + frame.length;
      if (head[4] === 1) return at === sealed.length ? Buffer.concat(pieces) : null;
    }
    return null;
  }

  return { seal, open };
}

/** Calls an attempt route as the attempt's bootstrap. */
export async function callAsAttempt(
  app: FastifyInstance,
  attempt: TestAttempt,
  {
    method,
    route,
    payload,
    routes,
  }: { method: 'GET' | 'POST'; route: string; payload?: string | Buffer | undefined; routes?: string },
): Promise<AttemptAnswer> {
  const own = createBootstrapSeal(attempt, routes);
  const { call, nonce } = own.seal(method, route, payload);
  const { statusCode, headers, rawPayload } = await app.inject(call);
  const opened = headers['pumphouse-sealed'] === '1' ? own.open(nonce, statusCode, rawPayload) : null;
  const body = opened ?? rawPayload;
  return { statusCode, isProved: opened !== null, body, json: () => JSON.parse(body.toString()) as unknown };
}

function mac(key: string | Buffer, data: Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function mix(data: Buffer, key: Buffer): Buffer {
  const mixed = Buffer.from(data);
  for (let block = 0; block * 262_144 < data.length; block += 1) {
    const index = Buffer.from(block.toString(16).padStart(16, '0'), 'hex');
    const hash = createHash('shake256', { outputLength: 262_144 });
    const stream = hash.update(Buffer.concat([key, index])).digest();
    const end = Math.min(data.length, (block + 1) * 262_144);
    for (let at = block * 262_144; at < end; at += 1)
      mixed[at] = (mixed[at] ?? 0) ^ (stream[at - block * 262_144] ?? 0);
  }
  return mixed;
}
