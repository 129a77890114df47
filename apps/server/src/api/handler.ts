import type { Authorization } from '../services/people/authorize.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type {
  JsonOperationId,
  OperationId,
  RouteBody,
  RouteParams,
  RouteQuery,
  RouteResponseInput,
} from '@pumphouse/contract';
import type { RequestUrls } from './serializers/request-urls.ts';
import type { Readable } from 'node:stream';
import type { UploadGrant } from '../services/sign-in/credentials.ts';
import type { UserPrincipal } from '../services/sign-in/principal.ts';
import { requireUser } from '../services/sign-in/principal.ts';

/** Operations with a multipart body: their handlers read the request themselves. */
export type UploadOperationId = 'upload_deployment' | 'upload_configuration';

/** One call of an operation, already authenticated, authorized and parsed. */
export interface Call<Id extends OperationId> extends RequestUrls {
  params: RouteParams<Id>;
  query: RouteQuery<Id>;
  body: Id extends UploadOperationId ? undefined : RouteBody<Id>;
  authorization: Authorization;
  /** Set for operations that take an upload token. */
  grant: UploadGrant | null;
  request: FastifyRequest;
  /** The declared success status is already set; a handler with two success statuses may set the other. */
  reply: FastifyReply;
}

/** What a handler returns: a JSON document, nothing (204), or the stream of a streamed body. */
export type HandlerAnswer<Id extends OperationId> = Id extends JsonOperationId
  ? RouteResponseInput<Id>
  : Readable;

export type Handler<Id extends OperationId> = (
  call: Call<Id>,
) => Promise<HandlerAnswer<Id>> | HandlerAnswer<Id>;

export type Handlers = { [Id in OperationId]: Handler<Id> };

/** Whether the caller is only a viewer of the workspace. */
export function isByViewer(call: { authorization: Authorization }): boolean {
  return call.authorization.workspace?.workspaceRole === 'viewer';
}

/** Whether the caller is an owner of the workspace. */
export function isByOwner(call: { authorization: Authorization }): boolean {
  return call.authorization.workspace?.workspaceRole === 'owner';
}

/** The user who calls an operation that only users may call. */
export function userOf({ principal }: Authorization): UserPrincipal {
  return requireUser(principal);
}

/** The caller and the organization, for an operation on a workspace. */
export function readerOf({ principal, workspace }: Authorization) {
  return { principal, organizationId: workspace?.workspace.organizationId };
}

/** The workspace for which a call was authorized, and the caller's membership there ('' for a run token). */
export function workspaceOf(call: { authorization: Authorization }) {
  const { workspace: access } = call.authorization;
  if (!access) throw new Error('The operation was not authorized at a workspace');
  return { workspaceId: access.workspace.id, membershipId: access.membershipId };
}
