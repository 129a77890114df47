import type { CallOperation } from '../api/call-operation.ts';
import type { ClientRelease } from './client-release.ts';
import type { Credential, HttpMethod } from '@pumphouse/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PathParams } from '../http/path-params.ts';
import type { Principal } from '../services/sign-in/principal.ts';
import type { Services } from '../services/create-services.ts';
import type { z } from 'zod';
import { parsePart } from '../api/route-registration.ts';

/** One request of the older client. */
export interface OlderRequest {
  /** Calls operations of the API on behalf of the caller, with their permission checks. */
  call: CallOperation;
  params: PathParams;
  query: unknown;
  body: unknown;
  principal: Principal;
  release: ClientRelease;
  services: Services;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** One route below `/v1`. */
export interface OlderRoute {
  method: HttpMethod;
  /** In the format of fastify's router. */
  path: string;
  credential: Extract<Credential, 'none' | 'user'>;
  status: 200 | 201 | 204;
  handle: (request: OlderRequest) => Promise<unknown>;
}

type Handle = OlderRoute['handle'];

/** A route that answers 200. */
export function get(path: string, handle: Handle): OlderRoute {
  return { method: 'GET', path, credential: 'user', status: 200, handle };
}

/** A route that answers 201, as every POST of the older client expects. */
export function post(path: string, handle: Handle): OlderRoute {
  return { method: 'POST', path, credential: 'user', status: 201, handle };
}

/** A route that changes something and answers 200, or 204 if it answers nothing. */
export function change(
  method: 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  handle: Handle,
  status: 200 | 204 = 200,
): OlderRoute {
  return { method, path, credential: 'user', status, handle };
}

/** A route for callers without a credential. */
export function publicRoute(route: OlderRoute, status = route.status): OlderRoute {
  return { ...route, credential: 'none', status };
}

/** @throws ServiceError invalid_request that names the fields */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  { body }: OlderRequest,
): z.output<Schema> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsed by the schema
  return parsePart('body', schema, body ?? {}) as z.output<Schema>;
}

/** @throws ServiceError invalid_request that names the parameters */
export function parseQuery<Schema extends z.ZodType>(
  schema: Schema,
  { query }: OlderRequest,
): z.output<Schema> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsed by the schema
  return parsePart('query', schema, query) as z.output<Schema>;
}

/** Path parameters of a route in a workspace. */
export function workspaceOf({ params }: OlderRequest): { workspace_id: string } {
  return { workspace_id: params['workspace_id'] ?? '' };
}
