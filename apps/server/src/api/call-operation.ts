import type { AppPlaces } from './wire/places.ts';
import type { AnyHandler } from './route-registration.ts';
import type { Authorize } from '../services/people/authorize.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Handlers } from './handler.ts';
import type {
  JsonOperationId,
  Route,
  RouteOf,
  RouteParams,
  RouteQueryInput,
  RouteResponseInput,
} from '@pumphouse/contract';
import type { Principal } from '../services/sign-in/credentials.ts';
import { parsePart, placeOf } from './route-registration.ts';
import { routesById } from '@pumphouse/contract';

/** Operations that read, and answer one JSON document. */
type ReadOperationId = {
  [Id in JsonOperationId]: RouteOf<Id>['method'] extends 'GET' ? Id : never;
}[JsonOperationId];

/** Calls an operation that reads for somebody who is known, with what its path and its query would say. */
export type CallOperation = <Id extends ReadOperationId>(
  operationId: Id,
  parts: { params: RouteParams<Id>; query?: RouteQueryInput<Id> },
) => Promise<RouteResponseInput<Id>>;

/** For whom, and in the course of which request. */
export interface OnBehalf {
  principal: Principal;
  origin: string;
  request: FastifyRequest;
  reply: FastifyReply;
}

/**
 * Operations as the routes have them, for what is served beside the routes: the same permission is asked for at the same place, the same
 * schemas read the parts, and the same handler answers. No type lets an operation through that changes something.
 */
export function createOperationCalls(handlers: Handlers, authorize: Authorize, apps: AppPlaces) {
  return ({ principal, origin, request, reply }: OnBehalf): CallOperation =>
    async (operationId, parts) => {
      const route: Route = routesById[operationId];
      const params = parsePart('path', route.params, parts.params);
      const place = placeOf(parts.params as Record<string, string | undefined>);
      // Its callers have exchanged their key for the token that such a route takes.
      if (route.credential === 'dataplane') await authorize(principal, 'dataplane-token.issue', place);
      const authorization = await authorize(principal, route.permission, place);
      const query = parsePart('query', route.query, parts.query ?? {});
      const handler = handlers[operationId] as unknown as AnyHandler;
      const call = {
        params,
        query,
        body: undefined,
        authorization,
        grant: null,
        origin,
        apps,
        request,
        reply,
      };
      return (await handler(call)) as RouteResponseInput<typeof operationId>;
    };
}
