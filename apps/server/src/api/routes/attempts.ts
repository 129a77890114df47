import type { AttemptRecord } from '../../store/records.ts';
import type { AuthenticateAttempt } from '../../services/authenticate-attempt.ts';
import type { BeginAttempt } from '../../services/begin-attempt.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RecordSpool } from '../../services/record-spool.ts';
import { z } from 'zod';
import { readBearer } from '../route-registration.ts';
import { refuseFields } from '../errors.ts';
import { ServiceError } from '../../services/service-error.ts';

export interface AttemptRoutes {
  authenticateAttempt: AuthenticateAttempt;
  beginAttempt: BeginAttempt;
  recordSpool: RecordSpool;
}

const prefix = '/pumphouse/v1/attempts/:attempt_id';
/** A chunk is 1 MiB, unless one record is longer: that of a beacon body. */
const spoolBodyLimit = 64 * 1024 * 1024;
const beginBodyLimit = 64 * 1024;

const attemptId = z.guid();
const beginRequest = z.object({ claim_number: z.int(), nonce: z.string().min(1).max(200) });
const spoolQuery = z.object({
  offset: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number),
});

/** What bootstraps call (docs/contribute/attempt-protocol.md); each with the token of its own attempt. */
export function registerAttemptRoutes(app: FastifyInstance, routes: AttemptRoutes): void {
  const { authenticateAttempt, beginAttempt, recordSpool } = routes;
  const attempts = new WeakMap<FastifyRequest, AttemptRecord>();

  function attemptOf(request: FastifyRequest): AttemptRecord {
    const attempt = attempts.get(request);
    if (!attempt) throw new Error('An attempt route was reached without its attempt');
    return attempt;
  }

  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.addHook('onRequest', async (request) => {
      const token = readBearer(request);
      const id = attemptId.safeParse((request.params as { attempt_id?: string }).attempt_id);
      if (!id.success) throw new ServiceError('not_authenticated', 'The token is not that of this attempt.');
      attempts.set(request, await authenticateAttempt(id.data, token));
    });

    scope.post(`${prefix}/-begin`, { bodyLimit: beginBodyLimit }, async (request) => {
      const { claim_number: claimNumber, nonce } = parse('body', beginRequest, readJson(request.body));
      return beginAttempt.begin(attemptOf(request).id, { claimNumber, nonce });
    });

    scope.get(`${prefix}/code`, async (request, reply) =>
      reply.type('application/gzip').send(await beginAttempt.openCode(attemptOf(request))),
    );

    scope.get(`${prefix}/configuration`, async (request, reply) =>
      reply.type('application/gzip').send(await beginAttempt.openConfiguration(attemptOf(request))),
    );

    scope.post(`${prefix}/-spool`, { bodyLimit: spoolBodyLimit }, async (request) => {
      const { offset } = parse('query', spoolQuery, request.query);
      const chunk = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      return recordSpool.record(attemptOf(request).id, offset, chunk);
    });
  });
}

function parse<Schema extends z.ZodType>(part: string, schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refuseFields(part, parsed.error);
  return parsed.data;
}

function readJson(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString() : '') as unknown;
  } catch {
    throw new ServiceError('invalid_request', 'The body is not JSON.');
  }
}
