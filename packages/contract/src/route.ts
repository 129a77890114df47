import type { z } from 'zod';
import type { Permission } from './permissions.ts';

/** HTTP methods of the table. */
export type HttpMethod = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** Groups of operations, each with a path prefix of its own; `pumphouse` holds what the dlthub client does not know. */
export type Surface = 'api' | 'auth' | 'dataplane' | 'logs' | 'telemetry' | 'pumphouse';

/**
 * What must be presented as Bearer: nothing; a signed-in person's token or a key; the token that
 * `issue_dataplane_token_workspace` gives; the token that an `issue_upload_*` operation gives.
 */
export type Credential = 'none' | 'user' | 'dataplane' | 'upload';

/** Error statuses that operations declare; the dlthub client reads a code from a declared status only. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 500;

/** Statuses of success that operations declare. */
export type SuccessStatus = 200 | 201 | 204;

/** A multipart body; every part is a file. */
export interface MultipartBody<Schema extends z.ZodType = z.ZodType> {
  multipart: Schema;
}

/** A body of many items that are written one after the other: JSON lines, events, or lines of text. */
export interface StreamedBody<Schema extends z.ZodType = z.ZodType> {
  contentType: 'application/x-ndjson' | 'text/event-stream' | 'text/plain';
  item: Schema;
  /** The data of each event of an event stream, by the name of the event. Without, its items are the data of `log` events. */
  events?: Readonly<Record<string, z.ZodType>>;
}

/** What an operation answers: JSON of a schema, a stream, or nothing (`null`). */
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

/** Gives the route back with its exact type, from which the types of requests and responses are derived. */
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
