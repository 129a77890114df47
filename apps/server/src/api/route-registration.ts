import { originOf } from '../http/base-url.ts';
import { actorOf, nobody, readBearer } from '../http/caller.ts';
import type { AppPlaces } from './wire/places.ts';
import type { Authorization, Authorize } from '../services/people/authorize.ts';
import type { Credential, OperationId, Route } from '@pumphouse/contract';
import type { Credentials, Principal, UploadGrant } from '../services/sign-in/credentials.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestLimit } from '../http/request-limit.ts';
import type { z } from 'zod';
import { actAs } from '../services/audit/audit.ts';
import { isMultipartBody } from '@pumphouse/contract';
import { PassingError, refuseFields, toErrorAnswer } from '../http/errors.ts';
import { ServiceError } from '../platform/service-error.ts';

export interface RouteContext {
  credentials: Credentials;
  authorize: Authorize;
  publicUrl: string | null;
  apps: AppPlaces;
  requestLimit: RequestLimit;
}

/** A handler with its types erased: the type `Handlers` checks the table's entry for each operation. */
export type AnyHandler = (call: {
  params: unknown;
  query: unknown;
  body: unknown;
  authorization: Authorization;
  grant: UploadGrant | null;
  origin: string;
  apps: AppPlaces;
  request: FastifyRequest;
  reply: FastifyReply;
}) => unknown;

/** The caller; the principal is null when the route needs no credential. */
interface Caller {
  principal: Principal | null;
  grant: UploadGrant | null;
}

interface Admission {
  params: unknown;
  authorization: Authorization;
  grant: UploadGrant | null;
}

type PathParams = Record<string, string | undefined>;

/** Limit for bodies of unauthenticated calls, which contain only a few codes. */
const publicBodyLimit = 16 * 1024;

/**
 * Registers one row of the route table. It authenticates and authorizes the caller before it reads any of the
 * body; then it parses query and body and calls the handler.
 */
export function registerRoute(
  app: FastifyInstance,
  route: Route,
  context: RouteContext,
  handler: AnyHandler,
): void {
  const admissions = new WeakMap<FastifyRequest, Admission>();
  const success = Number(Object.keys(route.responses)[0] ?? 200);
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    ...(route.credential === 'none' ? { bodyLimit: publicBodyLimit } : {}),
    onRequest: async (request) => {
      admissions.set(request, await admit(route, context, request));
    },
    handler: async (request, reply) => {
      const admission = admissions.get(request);
      if (!admission) throw new Error(`${route.operationId} was not authorized`);
      void reply.code(success);
      const call = {
        ...admission,
        query: parsePart('query', route.query, request.query),
        body: isParsedBody(route) ? parsePart('body', route.body, request.body) : undefined,
        origin: originOf(request, context.publicUrl),
        apps: context.apps,
        request,
        reply,
      };
      const actor = actorOf(request, admission.authorization.principal);
      const answer = await actAs(actor, async () => handler(call)).catch((error: unknown) => {
        throw route.surface === 'auth' ? keepTokens(error, request.id) : error;
      });
      return reply.send(answer);
    },
  });
}

/**
 * The dlthub client takes a 500 on this route as a rejection and forgets its tokens, so report failures as
 * temporary.
 */
function keepTokens(error: unknown, requestId: string): unknown {
  return toErrorAnswer(error, requestId).status === 500
    ? new PassingError('A sign-in operation failed', { cause: error })
    : error;
}

async function admit(route: Route, context: RouteContext, request: FastifyRequest): Promise<Admission> {
  const { principal, grant } = await authenticateWithinLimit(route.credential, context, request);
  const params = parsePart('path', route.params, request.params);
  const path = request.params as PathParams;
  if (grant) checkGrant(grant, route.operationId as OperationId, path);
  const authorization = await context.authorize(principal ?? nobody, route.permission, placeOf(path));
  return { params, authorization, grant };
}

/** The scope in which to check a permission. */
export function placeOf(path: PathParams): { workspaceId?: string; organizationId?: string } {
  return {
    ...(path['workspace_id'] === undefined ? {} : { workspaceId: path['workspace_id'] }),
    ...(path['organization_id'] === undefined ? {} : { organizationId: path['organization_id'] }),
  };
}

/** Authenticates the caller of a request and counts the request, also if its credential is rejected. */
async function authenticateWithinLimit(
  credential: Credential,
  { credentials, requestLimit }: RouteContext,
  request: FastifyRequest,
): Promise<Caller> {
  let caller: Caller;
  try {
    caller = await authenticate(credential, credentials, request);
  } catch (error) {
    await requestLimit.countRejected(request);
    throw error;
  }
  await requestLimit.count(request, caller.principal);
  return caller;
}

async function authenticate(
  credential: Credential,
  credentials: Credentials,
  request: FastifyRequest,
): Promise<Caller> {
  switch (credential) {
    case 'none':
      return { principal: null, grant: null };
    case 'user':
      return { principal: await credentials.authenticateUser(readBearer(request)), grant: null };
    case 'dataplane':
      return { principal: await credentials.authenticateDataplane(readBearer(request)), grant: null };
    case 'upload': {
      const grant = await credentials.authenticateUpload(readBearer(request));
      return { principal: grant.principal, grant };
    }
    default:
      throw new Error(`Nothing checks the credential ${String(credential)}`);
  }
}

function checkGrant(grant: UploadGrant, operationId: OperationId, path: PathParams): void {
  const isForIt =
    operationId === `upload_${grant.kind}` &&
    path['workspace_id'] === grant.workspaceId &&
    path[`${grant.kind}_id`] === grant.uploadId;
  if (!isForIt) throw new ServiceError('forbidden', 'The upload token is for another upload.');
}

function isParsedBody(route: Route): route is Route & { body: z.ZodType } {
  return route.body !== undefined && !isMultipartBody(route.body);
}

/** @throws ServiceError invalid_request that names the fields */
export function parsePart(part: string, schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return {};
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refuseFields(part, parsed.error);
  return parsed.data;
}
