import type { AppUrls } from './serializers/request-urls.ts';
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
import type { Principal } from '../services/sign-in/principal.ts';
import { eraseTypes, parsePart, scopeOf } from './route-registration.ts';
import { routesById } from '@pumphouse/contract';

/** Read operations that return one JSON document. */
type ReadOperationId = {
  [Id in JsonOperationId]: RouteOf<Id>['method'] extends 'GET' ? Id : never;
}[JsonOperationId];

/** Calls a read operation on behalf of an authenticated caller, with its path parameters and query. */
export type CallOperation = <Id extends ReadOperationId>(
  operationId: Id,
  parts: { params: RouteParams<Id>; query?: RouteQueryInput<Id> },
) => Promise<RouteResponseInput<Id>>;

/** The caller, and the request being served. */
export interface OnBehalf {
  principal: Principal;
  origin: string;
  request: FastifyRequest;
  reply: FastifyReply;
}

/**
 * Calls operations in-process, for code that serves other protocols such as MCP. Permission check, parsing
 * and handler are the same as for HTTP routes. The types allow only operations that read.
 */
export function createOperationCalls(handlers: Handlers, authorize: Authorize, apps: AppUrls) {
  const erased = eraseTypes(handlers);
  return ({ principal, origin, request, reply }: OnBehalf): CallOperation =>
    async (operationId, parts) => {
      const route: Route = routesById[operationId];
      const params = parsePart('path', route.params, parts.params);
      const scope = scopeOf(parts.params);
      // Callers exchanged their key for the token this route requires, so check the permission of that
      // exchange too.
      if (route.credential === 'dataplane') await authorize(principal, 'dataplane-token.issue', scope);
      const authorization = await authorize(principal, route.permission, scope);
      const query = parsePart('query', route.query, parts.query ?? {});
      const handler = erased[operationId];
      if (!handler) throw new Error(`Nothing handles ${operationId}`);
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
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Handlers` has checked what it returns
      return (await handler(call)) as RouteResponseInput<typeof operationId>;
    };
}
