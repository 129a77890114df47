import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { TestCluster } from '../../cluster.ts';
import { KubeClient } from '../kube-client.ts';

/** One request and its response, or a watch and its events. */
export interface Exchange {
  /** Whose token the request had. */
  caller: Caller;
  method: string;
  path: string;
  contentType?: string;
  body?: unknown;
  status: number;
  response?: unknown;
  /** Of a watch, from its beginning until the recording had what it waited for. */
  events?: WatchEvent[];
}

export interface WatchEvent {
  type: string;
  object: WatchedObject;
}

interface WatchedObject {
  code?: number;
  metadata?: { name?: string; resourceVersion?: string; deletionTimestamp?: string };
  spec?: unknown;
  status?: {
    phase?: string;
    conditions?: { type: string; reason?: string }[];
    containerStatuses?: { state?: { waiting?: { reason?: string } } }[];
  };
}

type Caller = 'server' | 'admin' | 'stranger';

/** For the events of one watch. A node is lost after 20 s, and its pods' objects go after another minute. */
const patienceMs = 300_000;

interface CallOptions {
  caller?: Caller;
  contentType?: string;
}

/** Sends requests to a cluster and keeps what was said. */
export class Conversation {
  readonly name: string;
  readonly exchanges: Exchange[] = [];
  readonly cluster: TestCluster;
  /** "/api/v1/namespaces/<the test namespace>" */
  readonly core: string;

  constructor(name: string, cluster: TestCluster) {
    this.name = name;
    this.cluster = cluster;
    this.core = `/api/v1/namespaces/${cluster.connection.namespace}`;
  }

  /** @returns the body of the response, whatever its status */
  async call<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    { caller = 'server', contentType }: CallOptions = {},
  ): Promise<Body> {
    const { apiUrl: url, caCertificate: certificate } = this.cluster.connection;
    const client = new KubeClient({ url, certificate, token: this.#tokenOf(caller) });
    const answer = await client.ask<Body>(method, path, body, contentType);
    const sent = { ...(contentType !== undefined && { contentType }), ...(body !== undefined && { body }) };
    this.exchanges.push({ caller, method, path, ...sent, status: answer.status, response: answer.body });
    return answer.body;
  }

  /**
   * Opens a watch, lets `act` happen, and keeps the events until one of them is the last that is wanted.
   * @param path with its query, without `watch`
   */
  async watch(
    path: string,
    isLast: (event: WatchEvent) => boolean,
    act?: () => Promise<unknown>,
  ): Promise<void> {
    const watched = `${path}${path.includes('?') ? '&' : '?'}watch=true`;
    const { apiUrl, caCertificate: ca } = this.cluster.connection;
    const headers = { authorization: `Bearer ${this.#tokenOf('server')}` };
    const signal = AbortSignal.timeout(patienceMs);
    const sent = request(`${apiUrl}${watched}`, { ca, headers, agent: false, signal }).end();
    // After the response has begun, its reader gets the error.
    sent.on('error', () => {});
    // The server sends the head of its response with the first event.
    const responded = once(sent, 'response') as Promise<[IncomingMessage]>;
    const events: WatchEvent[] = [];
    await act?.();
    const [response] = await responded;
    const exchange = {
      caller: 'server' as const,
      method: 'GET',
      path: watched,
      status: response.statusCode ?? 0,
    };
    this.exchanges.push({ ...exchange, events });
    for await (const line of readLines(response)) {
      const event = JSON.parse(line) as WatchEvent;
      events.push(event);
      if (isLast(event)) break;
    }
  }

  #tokenOf(caller: Caller): string {
    const { connection, adminToken } = this.cluster;
    return { server: connection.token, admin: adminToken, stranger: 'not-a-token' }[caller];
  }
}

/** Reads lines, and closes the connection when the caller stops. */
async function* readLines(response: IncomingMessage): AsyncGenerator<string> {
  let unfinished = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = `${unfinished}${chunk}`.split('\n');
    unfinished = lines.pop() ?? '';
    yield* lines;
  }
}
