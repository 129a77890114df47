import type {
  JsonOperationId,
  LiveEvent,
  LogLine,
  OperationId,
  ResponseBody,
  Route,
  RouteBodyInput,
  RouteOf,
  RouteParams,
  RouteQueryInput,
  RouteResponse,
} from '@pumphouse/contract';
import { isStreamedBody, liveEvent, liveEvents, logLine, routesById } from '@pumphouse/contract';
import { ApiError, parseJson, readApiError } from './api-error.ts';
import { createDataplaneTokens } from './dataplane-tokens.ts';
import type { RequestParts } from './request.ts';
import { buildBody, buildUrl } from './request.ts';
import { readEvents, readLines } from './streams.ts';

/** A key or token, or a function that returns the current one before each request. */
export type CredentialSource = string | (() => string | Promise<string>);

/** Options of a client. */
export interface ClientOptions {
  /** URL of the server, such as `https://pumphouse.example.com`; empty means the origin of the page. */
  baseUrl: string;
  /** The user's key or token. Data plane tokens are issued with it on demand. */
  credential?: CredentialSource;
  /** Replaces the global fetch. */
  fetch?: typeof globalThis.fetch;
}

type Params<Id extends OperationId> =
  RouteOf<Id> extends { params: unknown } ? { params: RouteParams<Id> } : { params?: undefined };
type Query<Id extends OperationId> =
  RouteOf<Id> extends { query: unknown } ? { query?: RouteQueryInput<Id> } : { query?: undefined };
type Body<Id extends OperationId> =
  RouteOf<Id> extends { body: unknown } ? { body: RouteBodyInput<Id> } : { body?: undefined };
type OwnCredential<Id extends OperationId> =
  RouteOf<Id> extends { credential: 'upload' } ? { credential: string } : { credential?: string };

/** The input of a call. `credential` replaces the client's own; an upload needs its upload token. */
export type CallInput<Id extends OperationId> = Params<Id> &
  Query<Id> &
  Body<Id> &
  OwnCredential<Id> & { signal?: AbortSignal };

/** The arguments of a call: the input is optional if all its parts are. */
export type CallArguments<Id extends OperationId> =
  Partial<CallInput<Id>> extends CallInput<Id> ? [input?: CallInput<Id>] : [input: CallInput<Id>];

/** Identifies the log of a job run. */
export interface LogTarget {
  workspaceId: string;
  jobRunId: string;
  signal?: AbortSignal;
}

/** Options for downloading the log of a job run. */
export interface LogDownload extends LogTarget {
  /** Prefixes each line with its time. */
  timestamps?: boolean;
}

/** A log being downloaded. */
export interface DownloadedLog {
  /** The file name set by the server, such as `shop_orders-12.log`. */
  fileName: string;
  text: ReadableStream<Uint8Array>;
}

/** Identifies the archive of a version, or of local data, of which `path` is one file or folder. */
export type ArchiveTarget = { workspaceId: string; signal?: AbortSignal } & (
  { deploymentId: string } | { configurationId: string } | { profile: string; path?: string }
);

/** An archive being downloaded: a gzip tar file. */
export interface DownloadedArchive {
  /** The file name set by the server, such as `shop-deployment-12.tar.gz`. */
  fileName: string;
  bytes: ReadableStream<Uint8Array>;
}

/** What one connection subscribes to: at most 20 workspaces and 20 logs. */
export interface EventsTarget {
  workspaceIds: readonly string[];
  logs?: readonly { workspaceId: string; jobRunId: string }[];
  /** Whether events of logs contain the lines that were added; a few at once only. */
  withLogLines?: boolean;
  /** Changes after this position are sent first, so that data fetched after it need not be fetched again. */
  since?: string;
  signal?: AbortSignal;
}

/** A typed client of the route table. Every method throws `ApiError` for a response that is not a success. */
export interface Client {
  /** Calls an operation and returns its parsed response, or undefined if it is empty (204). */
  call<Id extends JsonOperationId>(operationId: Id, ...input: CallArguments<Id>): Promise<RouteResponse<Id>>;
  /** Yields the log from its first line until the run is over. Leaving the loop closes the connection. */
  followLog(target: LogTarget): AsyncGenerator<LogLine, void, undefined>;
  /** Yields the stored log of a finished run. */
  readLog(target: LogTarget): AsyncGenerator<LogLine, void, undefined>;
  /** Streams the whole log of a run as text. A page can turn it into a file: `new Response(text).blob()`. */
  downloadLog(target: LogDownload): Promise<DownloadedLog>;
  /** Streams the archive of a deployment, a configuration or local data. That of a configuration contains secrets. */
  downloadArchive(target: ArchiveTarget): Promise<DownloadedArchive>;
  /** Streams all matching entries of an audit log, one JSON object per line. */
  exportAuditLog<Id extends AuditLogExportId>(
    operationId: Id,
    input: CallInput<Id>,
  ): Promise<ReadableStream<Uint8Array>>;
  /**
   * Yields events of the workspaces and logs, starting with `ready`. Ends after the event `end`, or when the
   * connection is lost; after reconnecting, refetch the displayed data once `ready` arrives. Unknown events
   * are skipped. Leaving the loop closes the connection.
   */
  followEvents(target: EventsTarget): AsyncGenerator<LiveEvent, void, undefined>;
}

type AuditLogExportId = 'export_organization_audit_log' | 'export_workspace_audit_log';

interface RequestInput extends RequestParts {
  credential?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Creates a client of the server at `baseUrl`. */
export function createClient({ baseUrl, credential, fetch: send = defaultFetch }: ClientOptions): Client {
  const tokens = createDataplaneTokens((workspace_id) =>
    call('issue_dataplane_token_workspace', { params: { workspace_id } }),
  );

  async function call<Id extends JsonOperationId>(
    operationId: Id,
    ...[input]: CallArguments<Id>
  ): Promise<RouteResponse<Id>> {
    const route: Route = routesById[operationId];
    const response = await request(route, partsOf(input ?? {}));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `readAnswer` parses with the schema of the route
    return (await readAnswer(route, response)) as RouteResponse<Id>;
  }

  /**
   * Replaces a rejected data plane token once: a token dies with the key it was issued for, or with the
   * server's key.
   */
  async function request(route: Route, input: RequestInput): Promise<Response> {
    const response = await requestOnce(route, input);
    if (response.ok) return response;
    const issued = route.credential === 'dataplane' && input.credential === undefined;
    if (response.status !== 401 || !issued) throw await readApiError(response);
    await response.body?.cancel();
    tokens.forget(workspaceOf(input));
    const retried = await requestOnce(route, input);
    if (!retried.ok) throw await readApiError(retried);
    return retried;
  }

  async function requestOnce(route: Route, input: RequestInput): Promise<Response> {
    const bearer = input.credential ?? (await findCredential(route, input));
    const { body, headers } = buildBody(route, input.body);
    return send(buildUrl(baseUrl, route, input), {
      method: route.method,
      headers: { accept: acceptOf(route), ...headers, ...(bearer && { authorization: `Bearer ${bearer}` }) },
      ...(body !== undefined && { body }),
      ...(input.signal !== undefined && { signal: input.signal }),
    });
  }

  async function findCredential(route: Route, input: RequestInput): Promise<string | undefined> {
    if (route.credential === 'none' || route.credential === 'upload' || credential === undefined)
      return undefined;
    if (route.credential === 'dataplane') return tokens.get(workspaceOf(input));
    return typeof credential === 'string' ? credential : credential();
  }

  async function* followLog(target: LogTarget): AsyncGenerator<LogLine, void, undefined> {
    const response = await request(routesById.get_job_run_log_stream, logRequest(target));
    for await (const { event, data } of readEvents(bodyOf(response))) {
      if (event === 'error') throw streamError(data);
      if (event === 'log') yield parseLine(data);
    }
  }

  async function* readLog(target: LogTarget): AsyncGenerator<LogLine, void, undefined> {
    const response = await request(routesById.get_job_run_logs, logRequest(target));
    for await (const line of readLines(bodyOf(response))) {
      if (line.trim() !== '') yield parseLine(line);
    }
  }

  async function downloadLog({ timestamps, ...target }: LogDownload): Promise<DownloadedLog> {
    const response = await request(routesById.download_log, { ...logRequest(target), query: { timestamps } });
    return { fileName: fileNameOf(response) ?? `${target.jobRunId}.log`, text: bodyOf(response) };
  }

  async function downloadArchive(target: ArchiveTarget): Promise<DownloadedArchive> {
    const { route, kind, ...parts } = archiveRequest(target);
    const response = await request(route, { ...parts, signal: target.signal });
    return { fileName: fileNameOf(response) ?? `${kind}.tar.gz`, bytes: bodyOf(response) };
  }

  async function exportAuditLog<Id extends AuditLogExportId>(
    operationId: Id,
    input: CallInput<Id>,
  ): Promise<ReadableStream<Uint8Array>> {
    return bodyOf(await request(routesById[operationId], partsOf(input)));
  }

  async function* followEvents(target: EventsTarget): AsyncGenerator<LiveEvent, void, undefined> {
    const response = await request(routesById.follow_events, eventsRequest(target));
    for await (const { event, data } of readEvents(bodyOf(response))) {
      if (!(event in liveEvents)) continue;
      const parsed = parseEvent(event, data);
      yield parsed;
      if (parsed.event === 'end') return;
    }
  }

  return { call, followLog, readLog, downloadLog, downloadArchive, exportAuditLog, followEvents };
}

/** Returns the parts of an input, which `CallInput` has checked, without the types of its operation. */
function partsOf(input: object): RequestInput {
  return input;
}

/** Looked up for each request, so that a later replacement of the global fetch takes effect. */
const defaultFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);

function workspaceOf({ params }: RequestInput): string {
  return String(params?.['workspace_id']);
}

function logRequest({ workspaceId, jobRunId, signal }: LogTarget): RequestInput {
  return { params: { workspace_id: workspaceId, job_run_id: jobRunId }, signal };
}

function archiveRequest(target: ArchiveTarget) {
  const workspace_id = target.workspaceId;
  if ('deploymentId' in target) {
    const params = { workspace_id, deployment_id: target.deploymentId };
    return { route: routesById.download_deployment, kind: 'deployment', params };
  }
  if ('profile' in target) {
    const params = { workspace_id, profile: target.profile };
    return {
      route: routesById.download_local_data,
      kind: 'local-data',
      params,
      query: { path: target.path },
    };
  }
  const params = { workspace_id, configuration_id: target.configurationId };
  return { route: routesById.download_configuration, kind: 'configuration', params };
}

function eventsRequest({ workspaceIds, logs = [], withLogLines, since, signal }: EventsTarget): RequestInput {
  const log = logs.map(({ workspaceId, jobRunId }) => `${workspaceId}/${jobRunId}`);
  const log_lines = withLogLines === true ? true : undefined;
  return { query: { workspace_id: workspaceIds, log, log_lines, since }, signal };
}

function fileNameOf(response: Response): string | undefined {
  return /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
}

function successesOf(route: Route): Record<string, ResponseBody> {
  return route.responses;
}

function acceptOf(route: Route): string {
  const stream = Object.values(successesOf(route)).find(isStreamedBody);
  return stream?.contentType ?? 'application/json';
}

async function readAnswer(route: Route, response: Response): Promise<unknown> {
  const schema = successesOf(route)[String(response.status)];
  const text = await response.text();
  if (schema === null) return undefined;
  if (schema === undefined || isStreamedBody(schema)) {
    throw unexpected(response.status, `${route.operationId} does not declare status ${response.status}`);
  }
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw unexpected(
    response.status,
    `The response of ${route.operationId} does not match its schema`,
    parsed.error.issues,
  );
}

function parseLine(text: string): LogLine {
  const parsed = logLine.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw unexpected(200, 'A line of the log does not match its schema', parsed.error.issues);
}

function parseEvent(event: string, data: string): LiveEvent {
  const parsed = liveEvent.safeParse({ event, data: parseJson(data) });
  if (parsed.success) return parsed.data;
  throw unexpected(200, `The event ${event} does not match its schema`, parsed.error.issues);
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  if (response.body !== null) return response.body;
  throw unexpected(response.status, 'The response has no body');
}

function streamError(data: string): ApiError {
  const body = parseJson(data);
  const named =
    typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string';
  const detail = named ? String(body.error) : 'The server ended the log stream';
  return new ApiError({ status: 200, code: 'stream_failed', detail });
}

function unexpected(status: number, detail: string, extra?: unknown): ApiError {
  return new ApiError({ status, code: 'invalid_response', detail, extra });
}
