import { readFile } from 'node:fs/promises';
import { Agent, createServer, request, type Server } from 'node:https';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { RequestFailure } from '../cluster-faults.ts';
import type { Authority } from './authority.ts';
import { DelayedStream } from './delayed-stream.ts';
import { failureStatus } from './failure-status.ts';

/** Stands between the clients of a test and the API server, and causes faults of connections. */
export class ApiProxy {
  readonly #server: Server;
  readonly #upstream: { url: string; certificate: string };
  readonly #agent: Agent;
  readonly #open = new Set<{ isWatch: boolean; response: ServerResponse }>();
  #failures: (RequestFailure & { left: number })[] = [];
  #delayMs = 0;

  private constructor(server: Server, upstream: { url: string; certificate: string }) {
    this.#server = server;
    this.#upstream = upstream;
    this.#agent = new Agent({ ca: upstream.certificate, keepAlive: true });
    server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
      // A broken connection is what the other side sees too.
      this.#handle(incoming, response).catch(() => response.destroy());
    });
  }

  static async start(url: string, authority: Authority): Promise<ApiProxy> {
    const [key, cert] = await Promise.all([
      readFile(authority.serverKeyFile),
      readFile(authority.serverCertificateFile),
    ]);
    const server = createServer({ key, cert });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new ApiProxy(server, { url, certificate: authority.certificate });
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  failNext(failure: RequestFailure): void {
    this.#failures.push({ ...failure, left: failure.times ?? 1 });
  }

  delayWatches(milliseconds: number): void {
    this.#delayMs = milliseconds;
  }

  cut(which: 'watches' | 'all'): void {
    for (const { isWatch, response } of this.#open) if (isWatch || which === 'all') response.destroy();
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = { isWatch: /[?&]watch=(1|true)/.test(incoming.url ?? ''), response };
    this.#open.add(entry);
    response.on('close', () => this.#open.delete(entry));
    const failure = this.#takeFailure(incoming);
    if (failure?.failure === 'silence') return;
    if (failure?.failure === 'reset') return void response.destroy();
    if (typeof failure?.failure === 'number') {
      incoming.resume();
      return respondWith(response, failure.failure, failure.retryAfterSeconds);
    }
    const answer = await this.#forward(incoming, response);
    if (failure?.failure === 'answer-lost') {
      answer.resume();
      return void response.destroy();
    }
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    response.flushHeaders();
    if (entry.isWatch) await pipeline(answer, new DelayedStream(() => this.#delayMs), response);
    else await pipeline(answer, response);
  }

  #takeFailure({ method, url = '' }: IncomingMessage): RequestFailure | null {
    const failure = this.#failures.find((each) => each.method === method && each.path.test(url));
    if (failure === undefined) return null;
    failure.left -= 1;
    this.#failures = this.#failures.filter(({ left }) => left > 0);
    return failure;
  }

  async #forward(incoming: IncomingMessage, response: ServerResponse): Promise<IncomingMessage> {
    const { method, headers, url = '/' } = incoming;
    const sent = request(`${this.#upstream.url}${url}`, { method, headers, agent: this.#agent });
    response.on('close', () => sent.destroy());
    incoming.pipe(sent);
    return responseTo(sent);
  }
}

async function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer;
}

function respondWith(response: ServerResponse, code: number, retryAfterSeconds: number | undefined): void {
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  response.writeHead(code, { 'content-type': 'application/json', ...retry });
  response.end(JSON.stringify(failureStatus(code, retryAfterSeconds)));
}
