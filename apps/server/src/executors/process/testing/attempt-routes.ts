/** Attempt routes and a control channel to user code, for executor tests without a server. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGzip } from 'node:zlib';
import { buffer, text } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { openSealedCall } from './sealed-routes.ts';

export interface ServedAttempt {
  /** Python module that contains the user code. */
  program: string;
  variables: Record<string, string>;
  /** `prod` by default. */
  profile?: string;
  /** Of its environment. */
  archiveId?: string | undefined;
}

/** Parts of archives of environments, by the id of the archive. */
export type ServedArchives = Map<string, Buffer[]>;

export interface AttemptRoutes {
  url: string;
  archives: ServedArchives;
  /** Ends the connections of the next calls that store a part, when their body has arrived. */
  cutUploads(count: number): void;
  refuseUploads(isRefused: boolean): void;
  serve(attemptId: string, attempt: ServedAttempt): void;
  /** Resolves when the attempt's user code runs. */
  awaitUserCode(attemptId: string): Promise<void>;
  countUserCodeStarts(attemptId: string): number;
  /** The parsed body that user code posted to its report route. */
  awaitReport(attemptId: string): Promise<unknown>;
  /** Tells user code to exit with a code. */
  finish(attemptId: string, code: number): void;
  close(): Promise<void>;
}

/** Answers the routes of local data. */
export type MoreRoutes = (
  attemptId: string,
  call: { method: 'GET' | 'POST'; route: string; body: Buffer },
) => Promise<{ status: number; body: Buffer }>;

interface AttemptState {
  served: ServedAttempt;
  nonce: string | null;
  spoolBytes: number;
  userCodeStarts: number;
  started: PromiseWithResolvers<void>;
  report: PromiseWithResolvers<unknown>;
  /** Pending responses that user code waits for. */
  waiting: ServerResponse[];
}

const uploads = '/pumphouse/v1/environment-archives/';
const MODULE = 'user_program';

/**
 * @param host the address to listen on, because containers cannot reach loopback
 * @param more answers what these routes do not
 */
export async function createAttemptRoutes(host = '127.0.0.1', more?: MoreRoutes): Promise<AttemptRoutes> {
  const attempts = new Map<string, AttemptState>();
  const archives: ServedArchives = new Map();
  let cuts = 0;
  let isRefusing = false;
  const requireAttempt = (attemptId: string): AttemptState => {
    const state = attempts.get(attemptId);
    if (state === undefined) throw new Error(`no attempt ${attemptId}`);
    return state;
  };
  const server = createServer((request, response) => {
    const isUpload = request.url?.startsWith(uploads) === true;
    const answered = isUpload
      ? takePart(request, response)
      : answer(request, response, { attempts, archives, more });
    answered.catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  async function takePart(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
    const [archiveId = ''] = pathname.slice(uploads.length).split('/');
    const secret = `secret-of-${archiveId}`;
    const call = await openSealedCall(request, response, { attemptId: archiveId, secret });
    if (call === null) return;
    if (isRefusing) return call.answer(409, '{"code":"archive_closed"}');
    cuts -= 1;
    if (cuts >= 0) {
      response.destroy();
      return;
    }
    const parts = archives.get(archiveId) ?? [];
    archives.set(archiveId, parts);
    parts[Number(searchParams.get('number'))] = call.body;
    call.answer(200, '{}');
  }

  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;

  return {
    url,
    archives,
    cutUploads: (count) => (cuts = count),
    refuseUploads: (isRefused) => (isRefusing = isRefused),
    serve(attemptId, served) {
      attempts.set(attemptId, {
        served,
        nonce: null,
        spoolBytes: 0,
        userCodeStarts: 0,
        started: Promise.withResolvers<void>(),
        report: Promise.withResolvers<unknown>(),
        waiting: [],
      });
    },
    awaitUserCode: (attemptId) => requireAttempt(attemptId).started.promise,
    countUserCodeStarts: (attemptId) => attempts.get(attemptId)?.userCodeStarts ?? 0,
    awaitReport: (attemptId) => requireAttempt(attemptId).report.promise,
    finish(attemptId, code) {
      for (const response of requireAttempt(attemptId).waiting.splice(0)) response.end(String(code));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    attempts,
    archives,
    more,
  }: { attempts: Map<string, AttemptState>; archives: ServedArchives; more: MoreRoutes | undefined },
): Promise<void> {
  const { pathname, search, searchParams } = new URL(request.url ?? '/', 'http://server');
  const match = /^(?:\/pumphouse\/v1\/attempts|\/user-code)\/([^/]+)\/([^/]+)$/.exec(pathname);
  const [, attemptId = '', route = ''] = match ?? [];
  const state = attempts.get(attemptId);
  if (state === undefined) return sendJson(response, 404, { code: 'not_found' });
  if (route === 'started') {
    state.userCodeStarts += 1;
    state.waiting.push(response);
    state.started.resolve();
    return;
  }
  if (route === 'report') {
    state.report.resolve(JSON.parse(await text(request)));
    response.end();
    return;
  }
  const call = await openSealedCall(request, response, { attemptId, secret: `secret-of-${attemptId}` });
  if (call === null) return;
  if (route === '-begin') {
    const { nonce } = JSON.parse(call.body.toString()) as { nonce: string };
    if (state.nonce !== null && state.nonce !== nonce) return call.answer(409, '{"code":"begun"}');
    state.nonce = nonce;
    return call.answer(200, JSON.stringify(await describeBegin(attemptId, state.served)));
  }
  if (route === '-spool') {
    state.spoolBytes = Math.max(state.spoolBytes, Number(searchParams.get('offset')) + call.body.length);
    return call.answer(200, JSON.stringify({ offset: state.spoolBytes }));
  }
  if (route === 'environment') {
    const part = archives.get(state.served.archiveId ?? '')?.[Number(searchParams.get('part'))];
    return part === undefined ? call.answer(404, '{"code":"not_found"}') : call.answer(200, part);
  }
  if (route === 'code') return call.answer(200, await packCode(state.served));
  if (!more) return call.answer(404, '{"code":"not_found"}');
  const method = request.method === 'POST' ? 'POST' : 'GET';
  const answered = await more(attemptId, { method, route: `${route}${search}`, body: call.body });
  call.answer(answered.status, answered.body);
}

/** The archive a client would upload; deterministic for the same program. */
async function packCode({ program }: ServedAttempt): Promise<Buffer> {
  const archive = pack();
  const mtime = new Date(0);
  archive.entry({ name: `files/${MODULE}.py`, mtime }, program);
  archive.entry({ name: 'manifest.yaml', mtime }, 'engine_version: 1\n');
  archive.finalize();
  return buffer(archive.pipe(createGzip()));
}

async function describeBegin(attemptId: string, served: ServedAttempt): Promise<object> {
  return {
    run_id: `run-of-${attemptId}`,
    profile: served.profile ?? 'prod',
    launcher: MODULE,
    arguments: [],
    private_arguments: [],
    variables: served.variables,
    masked_values: [],
    log_limit_bytes: 1_000_000,
    beacon_limit_bytes: 1_000_000,
    line_limit_bytes: 65_536,
    app_port: null,
    code_sha256: createHash('sha256')
      .update(await packCode(served))
      .digest('hex'),
    configuration_sha256: null,
    intercept_signals: true,
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
