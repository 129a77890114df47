import { isPlainObject } from '../domain/primitives/plain-object.ts';
import { pathParamsOf } from '../http/path-params.ts';
import { originOf } from '../http/base-url.ts';
import { actorOf, readBearer } from '../http/caller.ts';
import type { AppUrls } from './serializers/request-urls.ts';
import type { Authorization, Authorize } from '../services/people/authorize.ts';
import type { Credential, Route } from '@pumphouse/contract';
import type { Credentials, UploadGrant } from '../services/sign-in/credentials.ts';
import type { Principal } from '../services/sign-in/principal.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PathParams } from '../http/path-params.ts';
import type { Handlers } from './handler.ts';
import type { RequestLimit } from '../http/request-limit.ts';
import type { z } from 'zod';
import { actAs } from '../services/audit/audit.ts';
import { isMultipartBody } from '@pumphouse/contract';
import { requireStorableText } from '../http/storable-text.ts';
import { PassingError, refuseFields, toErrorAnswer } from '../http/errors.ts';
import { ServiceError } from '../platform/service-error.ts';

export interface RouteContext {
  credentials: Credentials;
  authorize: Authorize;
  publicUrl: string | null;
  apps: AppUrls;
  requestLimit: RequestLimit;
}

/** A handler with its types erased: the type `Handlers` checks the table's entry for each operation. */
type AnyHandler = (call: {
  params: unknown;
  query: unknown;
  body: unknown;
  authorization: Authorization;
  grant: UploadGrant | null;
  origin: string;
  apps: AppUrls;
  request: FastifyRequest;
  reply: FastifyReply;
}) => unknown;

/** Returns the handlers by operation, with their types erased. */
export function eraseTypes(handlers: Partial<Handlers>): Readonly<Record<string, AnyHandler | undefined>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Handlers` has checked each with its operation
  return handlers as Readonly<Record<string, AnyHandler | undefined>>;
}

/** The caller; anonymous when the route needs no credential. */
interface Caller {
  principal: Principal;
  grant: UploadGrant | null;
}

interface Admission {
  params: unknown;
  authorization: Authorization;
  grant: UploadGrant | null;
}

/** Limit for bodies of unauthenticated calls, which contain only a few codes. */
export const publicBodyLimit = 16 * 1024;

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
  const path = pathParamsOf(request);
  if (grant) checkGrant(grant, route.operationId, path);
  const authorization = await context.authorize(principal, route.permission, scopeOf(path));
  return { params, authorization, grant };
}

/** The scope in which to check a permission. */
export function scopeOf(params: unknown): { workspaceId?: string; organizationId?: string } {
  const { workspace_id: workspaceId, organization_id: organizationId } = isPlainObject(params) ? params : {};
  return {
    ...(typeof workspaceId === 'string' ? { workspaceId } : {}),
    ...(typeof organizationId === 'string' ? { organizationId } : {}),
  };
}

/** Authenticates the caller of a request and counts the request, also if its credential is rejected. */
export async function authenticateWithinLimit(
  credential: Credential,
  { credentials, requestLimit }: Pick<RouteContext, 'credentials' | 'requestLimit'>,
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
      return { principal: { kind: 'anonymous' }, grant: null };
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

function checkGrant(grant: UploadGrant, operationId: string, path: PathParams): void {
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
  requireStorableText(part, value);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refuseFields(part, parsed.error);
  return parsed.data;
}
