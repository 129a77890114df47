import type { AttemptLocalData } from '../../services/local-data/attempt-local-data.ts';
import type { AuthenticateAttempt } from '../../services/attempts/authenticate-attempt.ts';
import type { BeginAttempt } from '../../services/attempts/begin-attempt.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DecideLeftPackages } from '../../services/pipelines/decide-left-packages.ts';
import type { HoldPipelines } from '../../services/pipelines/hold-pipelines.ts';
import type { PipelineFolders } from '../../services/pipelines/pipeline-folders.ts';
import type { RecordSpool } from '../../services/attempts/record-spool.ts';
import type { EnvironmentArchives } from '../../services/environments/environment-archives.ts';
import { pathParamsOf } from '../../http/path-params.ts';
import { z } from 'zod';
import { readSealedHeader } from '../../platform/attempt-seal.ts';
import { parse, readJson } from './attempt-input.ts';
import { readBearer } from '../../http/caller.ts';
import { registerEnvironmentArchiveRoutes } from './environment-archive-routes.ts';
import { registerLocalDataRoutes } from './local-data-routes.ts';
import { registerPipelineFolderRoutes } from './pipeline-folder-routes.ts';
import { registerPipelineHoldRoutes } from './pipeline-hold-routes.ts';
import { addSeals, type AdmittedCall } from './sealed-calls.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface AttemptRoutes {
  authenticateAttempt: AuthenticateAttempt;
  beginAttempt: BeginAttempt;
  recordSpool: RecordSpool;
  attemptLocalData: AttemptLocalData;
  holdPipelines: HoldPipelines;
  decideLeftPackages: Pick<DecideLeftPackages, 'ofAttempt'>;
  pipelineFolders: PipelineFolders;
  environmentArchives: EnvironmentArchives;
}

const prefix = '/pumphouse/v1/attempts/:attempt_id';
/** A chunk is 1 MiB unless a single record is longer, such as a beacon body. */
const spoolBodyLimit = 64 * 1024 * 1024;
const beginBodyLimit = 64 * 1024;

const attemptId = z.guid();
/** The attempt that left a load package. */
const leftPackage = z.object({ attempt: attemptId });
const beginRequest = z.object({
  claim_number: z.int(),
  nonce: z.string().min(1).max(200),
  /** Of the pod that the bootstrap runs in. */
  pod_uid: z.string().min(1).max(100).nullish(),
  /** The bootstrap masks `text_masked_values`. Absent: it is of the previous release. */
  keeps_names: z.boolean().optional(),
});
const spoolQuery = z.object({
  offset: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number),
});

const environmentQuery = z.object({
  part: z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number),
});

interface AttemptCall extends AdmittedCall {
  attemptId: string;
}

/**
 * Registers the routes that bootstraps call (docs/contribute/attempt-protocol.md). Each request and each
 * response carries a proof made with the attempt's secret.
 */
export function registerAttemptRoutes(app: FastifyInstance, routes: AttemptRoutes): void {
  const { beginAttempt, recordSpool } = routes;
  registerEnvironmentArchiveRoutes(app, routes.environmentArchives);
  void app.register(async (scope) => {
    const admitted = addSeals(scope, (request) => admit(routes.authenticateAttempt, request));
    const callOf = (request: FastifyRequest) => {
      const { attemptId: id, sealed } = admitted(request);
      return { attemptId: id, by: { isOfOlderRelease: sealed === null, keepsNames: true } };
    };

    scope.post(`${prefix}/-begin`, { bodyLimit: beginBodyLimit }, async (request) => {
      const body = parse('body', beginRequest, readJson(request.body));
      const { claim_number: claimNumber, nonce, pod_uid: podUid = null } = body;
      const { attemptId: id, by } = callOf(request);
      const keepsNames = body.keeps_names === true;
      return beginAttempt.begin(id, { claimNumber, nonce, podUid }, { ...by, keepsNames });
    });

    scope.get(`${prefix}/code`, async (request, reply) =>
      reply.type('application/gzip').send(await beginAttempt.openCode(callOf(request).attemptId)),
    );

    scope.get(`${prefix}/configuration`, async (request, reply) => {
      const { attemptId: id, by } = callOf(request);
      return reply.type('application/gzip').send(await beginAttempt.openConfiguration(id, by));
    });

    scope.get(`${prefix}/environment`, async (request, reply) => {
      const { part } = parse('query', environmentQuery, request.query);
      const opened = await routes.environmentArchives.openPart(callOf(request).attemptId, part);
      return reply.type('application/octet-stream').send(opened);
    });

    scope.post(`${prefix}/-spool`, { bodyLimit: spoolBodyLimit }, async (request) => {
      const { offset } = parse('query', spoolQuery, request.query);
      const chunk = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      return recordSpool.take(callOf(request).attemptId, offset, chunk);
    });

    const idOf = (request: FastifyRequest) => callOf(request).attemptId;
    registerLocalDataRoutes(scope, prefix, routes.attemptLocalData, idOf);
    registerPipelineHoldRoutes(scope, prefix, routes.holdPipelines, idOf);
    registerPipelineFolderRoutes(scope, prefix, routes.pipelineFolders, idOf);

    scope.post(`${prefix}/-decide-left-package`, { bodyLimit: beginBodyLimit }, async (request) => {
      const { attempt } = parse('body', leftPackage, readJson(request.body));
      return routes.decideLeftPackages.ofAttempt(idOf(request), attempt);
    });
  });
}

async function admit(
  authenticateAttempt: AuthenticateAttempt,
  request: FastifyRequest,
): Promise<AttemptCall> {
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
