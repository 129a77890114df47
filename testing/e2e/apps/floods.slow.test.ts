import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { get, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { askApp, awaitApp, defineAppJob, findApp } from '../../fixtures/app-site.ts';
import { createApiWorkspace, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import { createWorkspace, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';
import { writeEchoApp } from '../../fixtures/echo-app.ts';

const largeBytes = 5 * 1024 ** 3;

/** Sends 5 GB at `/large`, and reports on any other path how far the last of them got. */
const large = `
import http.server, json

MEGABYTE = b"x" * 1024 * 1024
progress = {"sent": 0, "end": None}

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/large":
            return self.send_large()
        body = json.dumps(progress).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_large(self):
        self.send_response(200)
        self.send_header("content-length", "${largeBytes}")
        self.end_headers()
        progress.update(sent=0, end=None)
        try:
            while progress["sent"] < ${largeBytes}:
                self.wfile.write(MEGABYTE)
                progress["sent"] += len(MEGABYTE)
            progress["end"] = "sent"
        except OSError:
            progress["end"] = "broken off"

http.server.ThreadingHTTPServer(("0.0.0.0", 5000), Answer).serve_forever()
`;

/** Allowed growth of the server: V8 delays garbage collection. */
const maxGrownBytes = 150 * 1024 ** 2;

let server: TestServer;
let api: ApiWorkspace;
let keys: string[];
beforeAll(async () => {
  server = await startTestServer();
  api = createApiWorkspace(server, await createWorkspace(server, 'apps'));
  await deployWorkspace(server, api.id, {
    files: { 'large.py': large, 'sockets.py': writeEchoApp(), 'chunks.py': writeEchoApp() },
    jobs: ['large', 'sockets', 'chunks'].map((name) => defineAppJob(name, 'module')),
  });
  keys = await Promise.all([1, 2, 3, 4, 5].map(createKey));
});
afterAll(async () => {
  await server.remove();
});

async function createKey(number: number): Promise<string> {
  const params = { workspace_id: api.id };
  const body = { name: `visitor ${number}`, role: 'viewer', days: 1 } as const;
  return (await server.client.call('create_workspace_key', { params, body })).secret;
}

/**
 * Starts an app.
 * @returns its URL for programs with a key
 */
async function startApp(jobRef: string): Promise<string> {
  await askApp(await findApp(server, api, jobRef), '/', { key: server.key });
  const { bare_url: url } = await awaitApp(server, api, jobRef, ({ state }) => state === 'ready');
  return url.replace('//localhost', '//127.0.0.1');
}

const withKey = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

/**
 * Watches the server's memory.
 * @returns a function that returns the maximum growth since then
 */
async function watchMemory(): Promise<() => Promise<number>> {
  const folder = `/proc/${server.process.pid}`;
  const read = async (name: string) => {
    const status = await readFile(`${folder}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  };
  // Resets the peak to the current value.
  await writeFile(`${folder}/clear_refs`, '5');
  const before = await read('VmRSS');
  return async () => (await read('VmHWM')) - before;
}

describe('a response of 5 GB', () => {
  it('arrives complete, and is not buffered by the server', async () => {
    const url = await startApp('jobs.large');
    const grown = await watchMemory();
    const answer = await openLarge(url);
    let received = 0;
    answer.on('data', (chunk: Buffer) => (received += chunk.length));
    await once(answer, 'end');
    expect(received).toBe(largeBytes);
    expect(await grown()).toBeLessThan(maxGrownBytes);
  });

  it('waits for a visitor who does not read, and ends when a visitor disconnects', async () => {
    const url = await startApp('jobs.large');
    const grown = await watchMemory();
    const answer = await openLarge(url);
    await once(answer, 'readable');
    const held = await eventually('the app does not get on', async () => {
      const { sent: before } = await readProgress(url);
      await delay(1000);
      const { sent } = await readProgress(url);
      return sent === before && sent;
    });
    expect(held).toBeLessThan(100 * 1024 ** 2);
    expect(await grown()).toBeLessThan(maxGrownBytes);
    answer.destroy();
    await eventually('the app was told', async () => (await readProgress(url)).end === 'broken off');
  });

  async function openLarge(url: string): Promise<IncomingMessage> {
    const [answer] = (await once(get(`${url}/large`, withKey(server.key)), 'response')) as [IncomingMessage];
    return answer;
  }

  async function readProgress(url: string): Promise<{ sent: number; end: string | null }> {
    return (await (await fetch(`${url}/progress`, withKey(server.key))).json()) as never;
  }
});

describe('a thousand connections of each kind', () => {
  const opened: (() => void)[] = [];
  afterAll(() => {
    for (const close of opened) close();
  });

  it('are open and echo at once, while the server keeps responding', async () => {
    const [socketsUrl, chunksUrl] = [await startApp('jobs.sockets'), await startApp('jobs.chunks')];
    const visitors = Array.from({ length: 1000 }, (_, n) => keys[n % 4] ?? '');
    const sockets = await Promise.all(visitors.map((key) => openSocket(socketsUrl, key)));
    const requests = await Promise.all(visitors.map((key) => openRequest(chunksUrl, key)));
    const maxMs = await measureHealth(() =>
      Promise.all([...sockets, ...requests].map((echo, n) => echo(`message ${n}`))),
    );
    expect(maxMs).toBeLessThan(15_000);
    await expectRefusal(socketsUrl, keys[4] ?? '');
    await expectRefusal(chunksUrl, keys[4] ?? '');
    // An answer may have been too late for a single look.
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  it('free their slots when they are closed, and one visitor alone cannot use all of them', async () => {
    for (const close of opened.splice(0)) close();
    const url = await startApp('jobs.sockets');
    const [one = '', other = ''] = keys;
    await expect.poll(async () => (await fetch(`${url}/again`, withKey(one))).status).toBe(200);
    // The server notes the ends of the others one by one.
    await eventually('all slots of the visitor are free', async () => {
      const tries = await Promise.allSettled(Array.from({ length: 250 }, () => openSocket(url, one)));
      if (tries.every(({ status }) => status === 'fulfilled')) return true;
      for (const close of opened.splice(0)) close();
      return false;
    });
    await expectRefusal(url, one);
    const echo = await openSocket(url, other);
    await echo('hello');
  });

  /** @returns a function that sends a text and waits for its echo */
  async function openSocket(url: string, key: string): Promise<(text: string) => Promise<void>> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, withKey(key));
    opened.push(() => socket.close());
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', reject, { once: true });
    });
    return async (text) => {
      const coming = once(socket, 'message') as Promise<[{ data: string }]>;
      socket.send(text);
      expect((await coming)[0].data).toBe(text);
    };
  }

  /** A request whose response arrives while its body is being sent. */
  async function openRequest(url: string, key: string): Promise<(text: string) => Promise<void>> {
    const sent: ClientRequest = request(`${url}/chunks`, { method: 'POST', agent: false, ...withKey(key) });
    sent.on('error', () => undefined);
    opened.push(() => sent.destroy());
    sent.flushHeaders();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined).setEncoding('utf8');
    return async (text) => {
      const coming = once(answer, 'data') as Promise<[string]>;
      sent.write(text);
      expect((await coming)[0]).toBe(text);
    };
  }

  async function expectRefusal(url: string, key: string): Promise<void> {
    const answer = await fetch(`${url}/more`, withKey(key));
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'too_many_connections' }]);
  }

  /**
   * Polls the server's health during some work.
   * @returns the longest response time
   */
  async function measureHealth(work: () => Promise<unknown>): Promise<number> {
    const progress = { isDone: false };
    const working = work().finally(() => (progress.isDone = true));
    let maxMs = 0;
    do {
      const from = performance.now();
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      maxMs = Math.max(maxMs, performance.now() - from);
    } while (!progress.isDone);
    await working;
    return maxMs;
  }
});
