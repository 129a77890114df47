import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { LiveEvent } from '@pumphouse/contract';
import { ApiError, createClient } from './index.ts';

/** A request as the server received it. */
interface ReceivedRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Answers a request. */
type Answer = (seen: ReceivedRequest, response: ServerResponse) => void;

/** A server on the loopback interface that records its requests. */
interface TestServer extends AsyncDisposable {
  baseUrl: string;
  seen: ReceivedRequest[];
}

/** Starts a server that passes every request to `answer`. */
async function startTestServer(answer: Answer): Promise<TestServer> {
  const seen: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const entry = { method, url, headers, body };
      seen.push(entry);
      answer(entry, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with JSON. */
function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const workspace_id = '11111111-1111-4111-8111-111111111111';
const job_run_id = '22222222-2222-4222-8222-222222222222';
const target = { workspaceId: workspace_id, jobRunId: job_run_id };
const configuration_id = '33333333-3333-4333-8333-333333333333';
const created_at = '2026-11-17T22:50:31.769721+00:00';

const organization = {
  id: workspace_id,
  name: 'Data team',
  description: null,
  dataplane_id: null,
  created_at,
  updated_at: created_at,
};

const configuration = {
  id: configuration_id,
  workspace_id,
  version: 1,
  content_hash: 'hash',
  file_count: 1,
  size_bytes: 5,
  profiles: ['prod'],
  created_at,
  updated_at: created_at,
  created_by: workspace_id,
};

function summarize({ method, url, headers }: ReceivedRequest): string {
  return `${method} ${url} ${headers.authorization ?? '-'}`;
}

async function catchError(promise: Promise<unknown>): Promise<ApiError> {
  const failure: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ApiError);
  return failure as ApiError;
}

async function collect(lines: AsyncIterable<{ content: string }>): Promise<string[]> {
  const contents: string[] = [];
  for await (const { content } of lines) contents.push(content);
  return contents;
}

/** Issues tokens `t1`, `t2`, ... and rejects those in `refused`. */
function answerWithTokens({
  refused = [],
  lifetimeSeconds = 3600,
}: {
  refused?: string[];
  lifetimeSeconds?: number;
}) {
  let issued = 0;
  const answer: Answer = ({ url, headers }, response) => {
    if (url.endsWith('-issue-dataplane-token')) {
      issued += 1;
      const expires_at = Math.floor(Date.now() / 1000) + lifetimeSeconds;
      return answerJson(response, 200, { token: `t${issued}`, expires_at });
    }
    if (refused.includes(headers.authorization ?? '')) {
      return answerJson(response, 401, { code: 'not_authenticated', detail: 'No.' });
    }
    answerJson(response, 200, { updated_at: null });
  };
  return answer;
}

const line = (line_num: number, content: string) => ({
  line_num,
  content,
  source: 'user',
  stage: 'run',
  io_stream: 'stdout',
  reported_at: created_at,
});

const event = (name: string, body: unknown, end = '\n') =>
  `event: ${name}${end}data: ${JSON.stringify(body)}${end}${end}`;

function answerStream(write: (response: Parameters<Answer>[1]) => void): Answer {
  return ({ url }, response) => {
    if (url.endsWith('-issue-dataplane-token'))
      return answerJson(response, 200, { token: 't', expires_at: 1e10 });
    write(response);
  };
}

describe('a call', () => {
  it('sends path, query and credential, and fills in defaults of the response', async () => {
    await using server = await startTestServer((_, response) =>
      answerJson(response, 200, { items: [], limit: 5, offset: 0, total: 0, later: 1 }),
    );
    const client = createClient({ baseUrl: `${server.baseUrl}/`, credential: 'dlt_u_key' });
    const page = await client.call('list_jobs', {
      params: { workspace_id },
      query: { limit: 5, is_archived: false, job_type: ['batch', 'stream'], q: 'a&b +', ref: undefined },
    });
    expect(page).toEqual({ items: [], limit: 5, offset: 0, total: 0, later: 1 });
    expect(server.seen.map(summarize)).toEqual([
      `GET /api/v1/workspaces/${workspace_id}/jobs?limit=5&is_archived=false&job_type=batch&job_type=stream` +
        '&q=a%26b+%2B Bearer dlt_u_key',
    ]);
  });

  it('sends a body as JSON, and none if the operation has none', async () => {
    await using server = await startTestServer(({ url }, response) =>
      url.endsWith('-set-region')
        ? answerJson(response, 200, organization)
        : answerJson(response, 200, { token: 't', expires_at: 1 }),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: async () => 'from a function' });
    const params = { organization_id: organization.id };
    const answer = await client.call('set_region_organization', { params, body: { dataplane_id: 'here' } });
    expect(answer.name).toBe('Data team');
    await client.call('issue_dataplane_token_workspace', { params: { workspace_id } });
    const [first, second] = server.seen;
    expect(first).toMatchObject({ body: '{"dataplane_id":"here"}', method: 'POST' });
    expect(first?.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer from a function',
    });
    expect(second).toMatchObject({ body: '', method: 'POST' });
    expect(second?.headers['content-type']).toBeUndefined();
  });

  it('returns undefined for an empty response, and sends no credential to public operations', async () => {
    await using server = await startTestServer((_, response) => response.writeHead(204).end());
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    expect(await client.call('revoke_session', { body: { refresh_token: 'r' } })).toBeUndefined();
    expect(server.seen.map(summarize)).toEqual(['POST /auth/v1/sessions/-revoke -']);
  });

  it('uploads files as multipart parts with the upload token', async () => {
    await using server = await startTestServer((_, response) => answerJson(response, 200, configuration));
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const file = new File(['bytes'], 'configurations.tar.gz', { type: 'application/x-tar' });
    const answer = await client.call('upload_configuration', {
      params: { workspace_id, configuration_id },
      body: { file },
      credential: 'upload token',
    });
    expect(answer.profiles).toEqual(['prod']);
    const [seen] = server.seen;
    expect(seen?.headers.authorization).toBe('Bearer upload token');
    expect(seen?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(seen?.body).toContain('name="file"; filename="configurations.tar.gz"');
    expect(seen?.body).toContain('bytes');
  });
});

describe('an error', () => {
  it('carries status, code, detail and extra of the response', async () => {
    const body = {
      code: 'conflict',
      detail: 'Changed meanwhile.',
      extra: { reasons: ['a'] },
      status_code: 409,
    };
    await using server = await startTestServer((_, response) => answerJson(response, 409, body));
    const error = await catchError(createClient({ baseUrl: server.baseUrl }).call('list_organizations'));
    expect(error).toMatchObject({
      status: 409,
      code: 'conflict',
      detail: body.detail,
      extra: body.extra,
    });
    expect(error.message).toBe('Changed meanwhile. [conflict]');
    expect(server.seen.map(summarize)).toEqual(['GET /api/v1/organizations -']);
  });

  it('contains the status when a proxy sent a different kind of response', async () => {
    await using server = await startTestServer((_, response) => response.writeHead(502).end('<html>'));
    const error = await catchError(createClient({ baseUrl: server.baseUrl }).call('list_organizations'));
    expect(error).toMatchObject({ status: 502, code: undefined, extra: undefined });
    expect(error.message).toBe('The server answered 502 Bad Gateway (HTTP 502)');
  });

  it.each<[string, number, unknown]>([
    ['lacks a property', 200, { items: [], limit: 1, offset: 0 }],
    ['has a status that is not declared', 202, {}],
  ])('is thrown for a successful response that %s', async (_, status, body) => {
    await using server = await startTestServer((_seen, response) => answerJson(response, status, body));
    const error = await catchError(createClient({ baseUrl: server.baseUrl }).call('list_organizations'));
    expect(error).toMatchObject({ status, code: 'invalid_response' });
  });
});

describe('the data plane', () => {
  const issue = `POST /api/v1/workspaces/${workspace_id}/-issue-dataplane-token Bearer key`;
  const read = (token: string) => `GET /telemetry/v1/workspaces/${workspace_id}/watermark Bearer ${token}`;

  it('is called with a token that is issued once for concurrent and later calls', async () => {
    await using server = await startTestServer(answerWithTokens({}));
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const call = () => client.call('get_workspace_watermark', { params: { workspace_id } });
    await Promise.all([call(), call()]);
    await call();
    expect(server.seen.map(summarize)).toEqual([issue, read('t1'), read('t1'), read('t1')]);
  });

  it('is called with a new token when the old one expires within a minute', async () => {
    await using server = await startTestServer(answerWithTokens({ lifetimeSeconds: 30 }));
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    await client.call('get_workspace_watermark', { params: { workspace_id } });
    await client.call('get_workspace_watermark', { params: { workspace_id } });
    await Promise.all([1, 2].map(() => client.call('get_workspace_watermark', { params: { workspace_id } })));
    expect(server.seen.map(summarize)).toEqual([
      issue,
      read('t1'),
      issue,
      read('t2'),
      issue,
      read('t3'),
      read('t3'),
    ]);
  });

  it('is called once more with a new token after a rejection, but not again', async () => {
    await using server = await startTestServer(
      answerWithTokens({ refused: ['Bearer t1', 'Bearer t3', 'Bearer t4'] }),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    await client.call('get_workspace_watermark', { params: { workspace_id } });
    expect(server.seen.map(summarize)).toEqual([issue, read('t1'), issue, read('t2')]);
    const other = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const error = await catchError(other.call('get_workspace_watermark', { params: { workspace_id } }));
    expect(error).toMatchObject({ status: 401, code: 'not_authenticated' });
    expect(server.seen.slice(4).map(summarize)).toEqual([issue, read('t3'), issue, read('t4')]);
  });

  it("can be called with the caller's own token", async () => {
    await using server = await startTestServer(answerWithTokens({ refused: ['Bearer mine'] }));
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const call = client.call('get_workspace_watermark', { params: { workspace_id }, credential: 'mine' });
    expect((await catchError(call)).status).toBe(401);
    expect(server.seen.map(summarize)).toEqual([read('mine')]);
  });
});

describe('the log of a run', () => {
  it('is followed line by line while the run is active', async () => {
    const arrived = Promise.withResolvers<void>();
    await using server = await startTestServer(
      answerStream((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(
          `: keep-alive\n\n${event('log', line(0, 'first'))}${event('progress', { ignored: true })}`,
        );
        void arrived.promise.then(() =>
          response.end(event('log', line(1, 'sé\u2028cond'), '\r\n') + 'event: log\n'),
        );
      }),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const contents: string[] = [];
    for await (const { content } of client.followLog(target)) {
      contents.push(content);
      arrived.resolve();
    }
    expect(contents).toEqual(['first', 'sé\u2028cond']);
    expect(server.seen.at(-1)?.headers).toMatchObject({
      accept: 'text/event-stream',
      authorization: 'Bearer t',
    });
  });

  it('is parsed correctly however it is split into chunks', async () => {
    const text = event('log', line(0, 'zażółć 💧'), '\r\n') + event('log', line(1, 'end'), '\n');
    await using server = await startTestServer(
      answerStream((response) => {
        const bytes = Buffer.from(text);
        const writeFrom = (offset: number): void => {
          if (offset === bytes.length) return void response.end();
          response.write(bytes.subarray(offset, offset + 1), () => setImmediate(writeFrom, offset + 1));
        };
        writeFrom(0);
      }),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    expect(await collect(client.followLog(target))).toEqual(['zażółć 💧', 'end']);
  });

  it('ends with the error that the stream reports', async () => {
    await using server = await startTestServer(
      answerStream((response) => response.end(event('error', { error: 'The log is gone.' }))),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const error = await catchError(collect(client.followLog(target)));
    expect(error).toMatchObject({ code: 'stream_failed', detail: 'The log is gone.' });
  });

  it('closes the connection when the caller leaves the loop', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startTestServer(
      answerStream((response) => {
        response.on('close', () => closed.resolve());
        response.write(event('log', line(0, 'first')));
      }),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    for await (const { content } of client.followLog(target)) {
      expect(content).toBe('first');
      break;
    }
    await expect(closed.promise).resolves.toBeUndefined();
  });

  it("stops when the caller's signal aborts", async () => {
    await using server = await startTestServer(
      answerStream((response) => void response.write(event('log', line(0, 'first')))),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const controller = new AbortController();
    const reading = async () => {
      for await (const _ of client.followLog({ ...target, signal: controller.signal })) controller.abort();
    };
    await expect(reading()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is read as JSON lines once it is stored', async () => {
    const text = `${JSON.stringify(line(0, 'first'))}\n\n${JSON.stringify(line(1, 'second'))}`;
    await using server = await startTestServer(answerStream((response) => response.end(text)));
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    expect(await collect(client.readLog(target))).toEqual(['first', 'second']);
    expect(server.seen.at(-1)?.headers.accept).toBe('application/x-ndjson');
  });

  it('is rejected if a line lacks a property', async () => {
    await using server = await startTestServer(answerStream((response) => response.end('{"content":"x"}\n')));
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    expect(await catchError(collect(client.readLog(target)))).toMatchObject({ code: 'invalid_response' });
  });
});

describe('the download of a log', () => {
  it('is text, with the file name from the server', async () => {
    await using server = await startTestServer((_, response) => {
      const headers = {
        'content-type': 'text/plain; charset=utf-8',
        'content-disposition': 'attachment; filename="shop_orders-12.log"',
      };
      response.writeHead(200, headers).end('one\ntwo\n');
    });
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const { fileName, text } = await client.downloadLog({ ...target, timestamps: true });
    expect([fileName, await new Response(text).text()]).toEqual(['shop_orders-12.log', 'one\ntwo\n']);
    expect(server.seen.map(summarize)).toEqual([
      `GET /pumphouse/v1/workspaces/${workspace_id}/job-runs/${job_run_id}/log/text?timestamps=true Bearer key`,
    ]);
    expect(server.seen[0]?.headers.accept).toBe('text/plain');
  });

  it('has a default name if a proxy removed it, and is an error if there is no log', async () => {
    await using server = await startTestServer(({ url }, response) =>
      url.includes(job_run_id)
        ? void response.writeHead(200).end('text')
        : answerJson(response, 404, { code: 'not_found', detail: 'No.' }),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    expect((await client.downloadLog(target)).fileName).toBe(`${job_run_id}.log`);
    const missing = client.downloadLog({ ...target, jobRunId: workspace_id });
    expect(await catchError(missing)).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('the download of an archive', () => {
  it.each([
    [{ deploymentId: job_run_id }, `deployments/${job_run_id}`],
    [{ configurationId: configuration_id }, `configurations/${configuration_id}`],
  ])('is its bytes, with the file name from the server: %j', async (version, path) => {
    const sent = Buffer.from([0x1f, 0x8b, 0, 255]);
    await using server = await startTestServer((_, response) => {
      const headers = { 'content-disposition': 'attachment; filename="shop-deployment-12.tar.gz"' };
      response.writeHead(200, headers).end(sent);
    });
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const { fileName, bytes } = await client.downloadArchive({ workspaceId: workspace_id, ...version });
    expect(fileName).toBe('shop-deployment-12.tar.gz');
    expect(Buffer.from(await new Response(bytes).arrayBuffer())).toEqual(sent);
    expect(server.seen.map(summarize)).toEqual([
      `GET /pumphouse/v1/workspaces/${workspace_id}/${path}/archive Bearer key`,
    ]);
    expect(server.seen[0]?.headers.accept).toBe('application/gzip');
  });

  it('is an error if retention has removed it', async () => {
    await using server = await startTestServer((_, response) =>
      answerJson(response, 404, { code: 'archive_removed', detail: 'Removed.' }),
    );
    const client = createClient({ baseUrl: server.baseUrl });
    const missing = client.downloadArchive({ workspaceId: workspace_id, deploymentId: job_run_id });
    expect(await catchError(missing)).toMatchObject({ status: 404, code: 'archive_removed' });
  });
});

describe('an audit log', () => {
  const params = { workspace_id };

  it('is exported unchanged, with its filters', async () => {
    await using server = await startTestServer((_, response) => response.writeHead(200).end('{"id":"1"}\n'));
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const query = { action: ['key.create', 'key.revoke'] };
    const text = await client.exportAuditLog('export_workspace_audit_log', { params, query });
    expect(await new Response(text).text()).toBe('{"id":"1"}\n');
    expect(server.seen.map(summarize)).toEqual([
      `GET /pumphouse/v1/workspaces/${workspace_id}/audit-log/export?action=key.create&action=key.revoke Bearer key`,
    ]);
    expect(server.seen[0]?.headers.accept).toBe('application/x-ndjson');
  });

  it('is an error without permission', async () => {
    await using server = await startTestServer((_, response) =>
      answerJson(response, 403, { code: 'forbidden', detail: 'No.' }),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const refused = client.exportAuditLog('export_workspace_audit_log', { params });
    expect(await catchError(refused)).toMatchObject({ status: 403, code: 'forbidden' });
  });
});

describe('live events', () => {
  const change = { workspace_id, kinds: ['job-run', 'later'], job_ids: [job_run_id], job_run_ids: null };
  const grown = { job_run_id, line_count: 3, is_complete: false };
  const end = { reason: 'stopping', detail: 'The server is stopping.' };

  async function gather(events: AsyncIterable<LiveEvent>): Promise<LiveEvent[]> {
    const gathered: LiveEvent[] = [];
    for await (const each of events) gathered.push(each);
    return gathered;
  }

  it('are typed and in order, without unknown ones, until the server ends them', async () => {
    await using server = await startTestServer((_, response) =>
      response.end(
        `: open\n\n${event('ready', {})}${event('change', change)}${event('later', {})}${event('log', grown)}` +
          event('end', end) +
          event('change', change),
      ),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    expect(await gather(client.followEvents({ workspaceIds: [workspace_id], logs: [target] }))).toEqual([
      { event: 'ready', data: {} },
      { event: 'change', data: change },
      { event: 'log', data: grown },
      { event: 'end', data: end },
    ]);
    expect(server.seen.map(summarize)).toEqual([
      `GET /pumphouse/v1/events?workspace_id=${workspace_id}&log=${workspace_id}%2F${job_run_id} Bearer key`,
    ]);
  });

  it('end without an error when the connection closes, and with one for an invalid event', async () => {
    await using server = await startTestServer(({ url }, response) =>
      response.end(url.includes('log=') ? event('log', { job_run_id }) : event('ready', {})),
    );
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    const workspaceIds = [workspace_id];
    expect(await gather(client.followEvents({ workspaceIds, withLogLines: true }))).toHaveLength(1);
    expect(server.seen.map(({ url }) => url)).toEqual([
      `/pumphouse/v1/events?workspace_id=${workspace_id}&log_lines=true`,
    ]);
    const failure = await catchError(gather(client.followEvents({ workspaceIds, logs: [target] })));
    expect(failure).toMatchObject({ code: 'invalid_response' });
  });

  it('close the connection when the caller leaves the loop', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startTestServer((_, response) => {
      response.on('close', () => closed.resolve());
      response.write(event('ready', {}));
    });
    const client = createClient({ baseUrl: server.baseUrl, credential: 'key' });
    for await (const each of client.followEvents({ workspaceIds: [workspace_id] })) {
      expect(each.event).toBe('ready');
      break;
    }
    await expect(closed.promise).resolves.toBeUndefined();
  });
});
