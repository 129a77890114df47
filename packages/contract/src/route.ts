import type { z } from 'zod';
import type { Permission } from './permissions.ts';

/** HTTP methods in the table. */
export type HttpMethod = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/**
 * Groups of operations, each with its own path prefix; `pumphouse` contains those unknown to the dlthub
 * client.
 */
export type Surface = 'api' | 'auth' | 'dataplane' | 'logs' | 'telemetry' | 'pumphouse';

/**
 * The required Bearer credential: none; a user's token or a key; the token from
 * `issue_dataplane_token_workspace`; the token from an `issue_upload_*` operation.
 */
export type Credential = 'none' | 'user' | 'dataplane' | 'upload';

/** Error statuses that operations declare. The dlthub client reads a code only from a declared status. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 500;

/** Success statuses that operations declare. */
export type SuccessStatus = 200 | 201 | 204;

/** A multipart body; every part is a file. */
export interface MultipartBody<Schema extends z.ZodType = z.ZodType> {
  multipart: Schema;
}

/** A body in sequence: JSON lines, events, lines of text, or the bytes of an archive. */
export interface StreamedBody<Schema extends z.ZodType = z.ZodType> {
  contentType: 'application/gzip' | 'application/x-ndjson' | 'text/event-stream' | 'text/plain';
  item: Schema;
  /** The data of each event type of an event stream. Without it, all items are `log` events. */
  events?: Readonly<Record<string, z.ZodType>>;
}

/** The response of an operation: JSON of a schema, a stream, or nothing (`null`). */
export type ResponseBody = z.ZodType | StreamedBody | null;

/** One operation. */
export interface Route {
  operationId: string;
  method: HttpMethod;
  /** Path with parameters in braces, such as `/api/v1/workspaces/{workspace_id}`. */
  path: `/${string}`;
  surface: Surface;
  credential: Credential;
  permission: Permission;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType | MultipartBody;
  responses: Partial<Record<SuccessStatus, ResponseBody>>;
  errors: readonly ErrorStatus[];
}

/** Returns the route with its exact type, from which request and response types are derived. */
export function defineRoute<const Definition extends Route>(definition: Definition): Definition {
  return definition;
}

/** Whether a response is a stream of items. */
export function isStreamedBody(body: ResponseBody): body is StreamedBody {
  return body !== null && 'contentType' in body;
}

/** Whether a request body is multipart. */
export function isMultipartBody(body: z.ZodType | MultipartBody): body is MultipartBody {
  return 'multipart' in body;
}
