import type { AttemptLocalData } from '../../services/local-data/attempt-local-data.ts';
import type { AuthenticateAttempt } from '../../services/attempts/authenticate-attempt.ts';
import type { BeginAttempt } from '../../services/attempts/begin-attempt.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RecordSpool } from '../../services/attempts/record-spool.ts';
import type { AttemptSeal, SealedHeader } from '../../platform/attempt-seal.ts';
import { pathParamsOf } from '../../http/path-params.ts';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { readSealedHeader, sealScheme } from '../../platform/attempt-seal.ts';
import { parse, readJson } from './attempt-input.ts';
import { readBearer } from '../../http/caller.ts';
import { registerLocalDataRoutes } from './local-data-routes.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface AttemptRoutes {
  authenticateAttempt: AuthenticateAttempt;
  beginAttempt: BeginAttempt;
  recordSpool: RecordSpool;
  attemptLocalData: AttemptLocalData;
}

const prefix = '/pumphouse/v1/attempts/:attempt_id';
/** A chunk is 1 MiB unless a single record is longer, such as a beacon body. */
const spoolBodyLimit = 64 * 1024 * 1024;
const beginBodyLimit = 64 * 1024;

const attemptId = z.guid();
const beginRequest = z.object({
  claim_number: z.int(),
  nonce: z.string().min(1).max(200),
  /** Of the pod that the bootstrap runs in. */
  pod_uid: z.string().min(1).max(100).nullish(),
});
const spoolQuery = z.object({
  offset: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number),
});

/** An admitted call. `sealed` is null when an older bootstrap authenticated with a bearer token. */
interface AdmittedCall {
  attemptId: string;
  sealed: { seal: AttemptSeal; header: SealedHeader } | null;
}

/**
 * Registers the routes that bootstraps call (docs/contribute/attempt-protocol.md). Each request and each
 * response carries a proof made with the attempt's secret.
 */
export function registerAttemptRoutes(app: FastifyInstance, routes: AttemptRoutes): void {
  const { beginAttempt, recordSpool } = routes;
  const calls = new WeakMap<FastifyRequest, AdmittedCall>();

  function callOf(request: FastifyRequest): { attemptId: string; by: { isOfOlderRelease: boolean } } {
    const call = calls.get(request);
    if (!call) throw new Error('An attempt route was reached without its attempt');
    return { attemptId: call.attemptId, by: { isOfOlderRelease: call.sealed === null } };
  }

  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    // Authenticate before reading any of the body.
    scope.addHook('onRequest', async (request) => {
      calls.set(request, await admit(routes.authenticateAttempt, request));
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

    scope.post(`${prefix}/-begin`, { bodyLimit: beginBodyLimit }, async (request) => {
      const body = parse('body', beginRequest, readJson(request.body));
      const { claim_number: claimNumber, nonce, pod_uid: podUid = null } = body;
      const { attemptId: id, by } = callOf(request);
      return beginAttempt.begin(id, { claimNumber, nonce, podUid }, by);
    });

    scope.get(`${prefix}/code`, async (request, reply) =>
      reply.type('application/gzip').send(await beginAttempt.openCode(callOf(request).attemptId)),
    );

    scope.get(`${prefix}/configuration`, async (request, reply) => {
      const { attemptId: id, by } = callOf(request);
      return reply.type('application/gzip').send(await beginAttempt.openConfiguration(id, by));
    });

    scope.post(`${prefix}/-spool`, { bodyLimit: spoolBodyLimit }, async (request) => {
      const { offset } = parse('query', spoolQuery, request.query);
      const chunk = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      return recordSpool.take(callOf(request).attemptId, offset, chunk);
    });

    registerLocalDataRoutes(scope, prefix, routes.attemptLocalData, (request) => callOf(request).attemptId);
  });
}

async function admit(
  authenticateAttempt: AuthenticateAttempt,
  request: FastifyRequest,
): Promise<AdmittedCall> {
  const header = readSealedHeader(request.headers.authorization);
  const token = header ? null : readBearer(request);
  const id = attemptId.safeParse(pathParamsOf(request)['attempt_id']);
  if (!id.success)
    throw new ServiceError('not_authenticated', 'The call does not prove that it comes from this attempt.');
  if (!header) {
    await authenticateAttempt.byToken(id.data, token ?? '');
    return { attemptId: id.data, sealed: null };
  }
  const [, route = ''] = request.url.split(`/${id.data}/`, 2);
  const seal = await authenticateAttempt.bySeal(id.data, { method: request.method, route, header });
  return { attemptId: id.data, sealed: { seal, header } };
}

/** The serialized answer, or nothing for one without a body. */
function bufferOf(payload: unknown): Buffer {
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.from(payload) : Buffer.alloc(0);
}
