import type { AppUrls } from './serializers/request-urls.ts';
import type { Authorize } from '../services/people/authorize.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HandlerAnswer, Handlers, UploadOperationId } from './handler.ts';
import type {
  JsonOperationId,
  OperationId,
  Route,
  RouteBodyInput,
  RouteOf,
  RouteParams,
  RouteQueryInput,
} from '@pumphouse/contract';
import type { Principal } from '../services/sign-in/principal.ts';
import { eraseTypes, parsePart, scopeOf } from './route-registration.ts';
import { isMultipartBody, routesById } from '@pumphouse/contract';

/** Read operations that return one JSON document. */
type ReadOperationId = {
  [Id in JsonOperationId]: RouteOf<Id>['method'] extends 'GET' ? Id : never;
}[JsonOperationId];

/** Operations without a multipart body. */
type CallableOperationId = Exclude<OperationId, UploadOperationId>;

interface CallParts<Id extends OperationId> {
  params: RouteParams<Id>;
  query?: RouteQueryInput<Id>;
  body?: RouteBodyInput<Id>;
}

/** Calls an operation on behalf of a caller, with its path parameters, query and body. */
export type CallOperation = <Id extends CallableOperationId>(
  operationId: Id,
  parts: CallParts<Id>,
) => Promise<HandlerAnswer<Id>>;

/** Calls an operation that only reads. */
export type CallReadOperation = <Id extends ReadOperationId>(
  operationId: Id,
  parts: Omit<CallParts<Id>, 'body'>,
) => Promise<HandlerAnswer<Id>>;

/** The caller, and the request being served. */
export interface OnBehalf {
  principal: Principal;
  origin: string;
  request: FastifyRequest;
  reply: FastifyReply;
}

/**
 * Calls operations in-process, for code that serves other protocols such as MCP. Permission check, parsing
 * and handler are the same as for HTTP routes.
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
      const body = route.body && parseBody(route.body, parts.body);
      const handler = erased[operationId];
      if (!handler) throw new Error(`Nothing handles ${operationId}`);
      const call = {
        params,
        query,
        body,
        authorization,
        grant: null,
        origin,
        apps,
        request,
        reply,
      };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Handlers` has checked what it returns
      return (await handler(call)) as HandlerAnswer<typeof operationId>;
    };
}

function parseBody(schema: NonNullable<Route['body']>, value: unknown): unknown {
  if (isMultipartBody(schema)) throw new Error('An upload is not called in-process');
  return parsePart('body', schema, value);
}
