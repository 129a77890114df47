import type { z } from 'zod';
import type { MultipartBody, StreamedBody } from './route.ts';
import { apiRoutes } from './routes/api.ts';
import { authRoutes } from './routes/auth.ts';
import { dataplaneRoutes } from './routes/dataplane.ts';
import { logsRoutes } from './routes/logs.ts';
import { pumphouseRoutes } from './routes/pumphouse.ts';
import { telemetryRoutes } from './routes/telemetry.ts';

/** The route table: all operations for users, keys and the dlthub client. */
export const routes = [
  ...apiRoutes,
  ...authRoutes,
  ...dataplaneRoutes,
  ...logsRoutes,
  ...telemetryRoutes,
  ...pumphouseRoutes,
] as const;

type AnyRoute = (typeof routes)[number];

/** The name of an operation. */
export type OperationId = AnyRoute['operationId'];

/** The exact route of an operation. */
export type RouteOf<Id extends OperationId> = Extract<AnyRoute, { operationId: Id }>;

/** The route table by operation. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries loses the operations
export const routesById = Object.fromEntries(routes.map((route) => [route.operationId, route])) as {
  [Id in OperationId]: RouteOf<Id>;
};

type Empty = Record<string, never>;
type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : Empty;
type Input<Schema> = Schema extends z.ZodType ? z.input<Schema> : Empty;
type Part<R, Key extends string> = R extends Record<Key, infer Value> ? Value : undefined;
type BodySchema<Body> = Body extends MultipartBody<infer Schema> ? Schema : Body;

/** Parsed path parameters of an operation; `{}` if it has none. */
export type RouteParams<Id extends OperationId> = Output<Part<RouteOf<Id>, 'params'>>;

/** Parsed query of an operation, with defaults filled in; `{}` if it has none. */
export type RouteQuery<Id extends OperationId> = Output<Part<RouteOf<Id>, 'query'>>;

/** Query of an operation as callers pass it: parameters with a default are optional. */
export type RouteQueryInput<Id extends OperationId> = Input<Part<RouteOf<Id>, 'query'>>;

/** Parsed request body, with defaults filled in. A multipart body has a File for each part. */
export type RouteBody<Id extends OperationId> =
  BodySchema<Part<RouteOf<Id>, 'body'>> extends infer Schema extends z.ZodType ? z.output<Schema> : undefined;

/** Request body as callers pass it. */
export type RouteBodyInput<Id extends OperationId> =
  BodySchema<Part<RouteOf<Id>, 'body'>> extends infer Schema extends z.ZodType ? z.input<Schema> : undefined;

type Responses<Id extends OperationId> = RouteOf<Id>['responses'][keyof RouteOf<Id>['responses']];
type Answer<Body, Json> =
  Body extends StreamedBody<infer Item>
    ? AsyncIterable<z.output<Item>>
    : Body extends null
      ? undefined
      : Json;

/**
 * The response that a caller gets: JSON with defaults filled in, an iterable of a stream's items, or
 * undefined (204).
 */
export type RouteResponse<Id extends OperationId> =
  Responses<Id> extends infer Body ? Answer<Body, Body extends z.ZodType ? z.output<Body> : never> : never;

/** The response that a handler returns: like `RouteResponse`, but properties with a default are optional. */
export type RouteResponseInput<Id extends OperationId> =
  Responses<Id> extends infer Body ? Answer<Body, Body extends z.ZodType ? z.input<Body> : never> : never;

/** Operations that return one JSON document or nothing, rather than a stream. */
export type JsonOperationId = {
  [Id in OperationId]: Extract<Responses<Id>, StreamedBody> extends never ? Id : never;
}[OperationId];
