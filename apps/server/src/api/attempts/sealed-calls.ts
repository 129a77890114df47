/** Calls that are sealed with a secret which both sides have (docs/contribute/attempt-protocol.md). */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AttemptSeal, SealedHeader } from '../../platform/attempt-seal.ts';
import { sealScheme } from '../../platform/attempt-seal.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** An admitted call. `sealed` is null when an older bootstrap authenticated with a bearer token. */
export interface AdmittedCall {
  sealed: { seal: AttemptSeal; header: SealedHeader } | null;
}

/**
 * Admits the calls of all routes of a scope, opens their bodies and seals their responses.
 * @returns what `admit` returned for a call
 */
export function addSeals<Call extends AdmittedCall>(
  scope: FastifyInstance,
  admit: (request: FastifyRequest) => Promise<Call>,
): (request: FastifyRequest) => Call {
  const calls = new WeakMap<FastifyRequest, Call>();
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  // Authenticate before reading any of the body.
  scope.addHook('onRequest', async (request) => {
    calls.set(request, await admit(request));
  });
  scope.addHook('preHandler', async (request) => {
    const sealed = calls.get(request)?.sealed;
    if (!sealed) return;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    request.body = sealed.seal.openBody(sealed.header, body);
    if (request.body !== null) return;
    // Send this error unsealed so that the bootstrap retries: someone on the path changed the body, not the
    // bootstrap.
    calls.delete(request);
    throw new ServiceError('not_authenticated', 'The body is not the one that the attempt sealed.');
  });
  scope.addHook('onSend', async (request, reply, payload) => {
    const sealed = calls.get(request)?.sealed;
    if (!sealed) return payload;
    const { seal, header } = sealed;
    void reply.header(sealScheme, '1').removeHeader('content-length').type('application/octet-stream');
    if (payload instanceof Readable) return seal.sealStream(header, reply.statusCode, payload);
    return seal.sealAnswer(header, reply.statusCode, bufferOf(payload));
  });
  return (request) => {
    const call = calls.get(request);
    if (!call) throw new Error('A sealed route was reached without its caller');
    return call;
  };
}

/** The serialized answer, or nothing for one without a body. */
function bufferOf(payload: unknown): Buffer {
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.from(payload) : Buffer.alloc(0);
}
