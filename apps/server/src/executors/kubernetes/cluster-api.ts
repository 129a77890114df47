/** Requests to the API server of Kubernetes. The client library is loaded with the first one. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { ClusterError } from './cluster-error.ts';
import type { KubeList, KubeObject, Status } from './kube-objects.ts';

/** Where the cluster is. */
export type ClusterConnection =
  /** The service account of the pod that this server runs in. */
  { kind: 'in-cluster' } | { kind: 'file'; path: string };

export type Query = Record<string, string | number | boolean | undefined>;

export interface ClusterRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Without the server: /api/v1/... */
  path: string;
  query?: Query;
  body?: object;
  contentType?: string;
  signal?: AbortSignal;
}

export type ClusterApi = ReturnType<typeof createClusterApi>;

const answerMs = 30_000;
/** A new agent has the client certificate that the kubeconfig names by then. */
const keepMs = 5 * 60_000;
const tries = 4;
const firstPauseMs = 150;
const maxRetryAfterSeconds = 5;
/** Large lists come in pieces, which the server can answer without holding all of them in memory. */
const pageSize = 500;

interface Client {
  config: KubeConfig;
  send: (context: RequestContext) => Promise<{
    httpStatusCode: number;
    headers: Record<string, string>;
    body: { text(): Promise<string>; stream(): ReadableStream<Uint8Array> | null };
  }>;
  createContext: (url: string, method: string) => RequestContext;
}

/** Creates a client. Sends nothing yet. */
export function createClusterApi(connection: ClusterConnection) {
  let loading: Promise<Client> | null = null;
  let kept: { dispatcher: NonNullable<ReturnType<RequestContext['getDispatcher']>>; since: number } | null =
    null;

  async function load(): Promise<Client> {
    const [library, { IsomorphicFetchHttpLibrary }] = await Promise.all([
      import('@kubernetes/client-node'),
      import('@kubernetes/client-node/dist/gen/http/isomorphic-fetch.js'),
    ]);
    const config = new library.KubeConfig();
    try {
      if (connection.kind === 'in-cluster') config.loadFromCluster();
      else config.loadFromFile(connection.path);
    } catch (error) {
      throw new ClusterError(0, { message: 'The connection to Kubernetes cannot be read' }, { cause: error });
    }
    const http = new IsomorphicFetchHttpLibrary();
    return {
      config,
      send: (context) => http.send(context).toPromise(),
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the enum has these texts
      createContext: (url, method) => new library.RequestContext(url, method as HttpMethod),
    };
  }

  async function open(): Promise<Client> {
    loading ??= load();
    try {
      return await loading;
    } catch (error) {
      loading = null;
      throw error;
    }
  }

  /**
   * Lets requests share connections. The library gives each request a new agent, and with it a new TLS connection,
   * which cost half of what a pod costs the server.
   */
  function keepConnections(context: RequestContext): void {
    const fresh = context.getDispatcher();
    if (fresh === undefined) return;
    if (kept === null || performance.now() - kept.since > keepMs) {
      // Watches end on their old connection.
      void kept?.dispatcher.close();
      kept = { dispatcher: fresh, since: performance.now() };
    }
    context.setDispatcher(kept.dispatcher);
  }

  /** Sends once. @throws ClusterError */
  async function sendOnce(request: ClusterRequest, signal: AbortSignal) {
    const { config, send, createContext } = await open();
    const cluster = config.getCurrentCluster();
    if (cluster === null)
      throw new ClusterError(0, { message: 'The kubeconfig has no current context with a cluster' });
    const url = new URL(`${cluster.server.replace(/\/+$/, '')}${request.path}`);
    for (const [name, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const context = createContext(url.href, request.method);
    context.setHeaderParam('Accept', 'application/json');
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json');
      context.setBody(JSON.stringify(request.body));
    }
    context.setSignal(signal);
    try {
      await config.applySecurityAuthentication(context);
      keepConnections(context);
      const answer = await send(context);
      if (answer.httpStatusCode < 400) return answer;
      throw new ClusterError(answer.httpStatusCode, readStatus(await answer.body.text()), {
        retryAfterSeconds: readSeconds(answer.headers['retry-after']),
      });
    } catch (error) {
      if (error instanceof ClusterError) throw error;
      const message = `The API server of Kubernetes at ${cluster.server} does not answer`;
      throw new ClusterError(0, { message }, { cause: error });
    }
  }

  /** All requests name their object, so that a repeated one has the same effect. */
  async function send<Result>(request: ClusterRequest): Promise<Result> {
    for (let failures = 1; ; failures += 1) {
      try {
        const signal = AbortSignal.any([
          AbortSignal.timeout(answerMs),
          ...(request.signal === undefined ? [] : [request.signal]),
        ]);
        const answer = await sendOnce(request, signal);
        const text = await answer.body.text();
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API server's own format
        return (text === '' ? {} : JSON.parse(text)) as Result;
      } catch (error) {
        if (failures === tries || request.signal?.aborted === true || !mayPass(error)) throw error;
        await sleep(pauseAfter(error, failures));
      }
    }
  }

  return {
    send,
    /** The namespace of the kubeconfig's context, or of the pod that this server runs in. */
    async findNamespace(): Promise<string | null> {
      const { config } = await open();
      return config.getContextObject(config.getCurrentContext())?.namespace ?? null;
    },
    get: <Result extends KubeObject>(path: string): Promise<Result> => send({ method: 'GET', path }),
    create: <Result extends KubeObject>(path: string, body: KubeObject): Promise<Result> =>
      send({ method: 'POST', path, body }),
    mergePatch: <Result extends KubeObject>(path: string, body: object): Promise<Result> =>
      send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }),
    delete: (path: string, body: object = {}, query: Query = {}): Promise<unknown> =>
      send({ method: 'DELETE', path, body, query }),

    /**
     * Lists all objects, page by page.
     * @throws ClusterError 410 if the pages are no longer of one list
     */
    async list<Item>(path: string, query: Query, signal?: AbortSignal): Promise<KubeList<Item>> {
      const items: Item[] = [];
      let next: string | undefined;
      let version: string | undefined;
      do {
        const page: KubeList<Item> = await send({
          method: 'GET',
          path,
          query: { ...query, limit: pageSize, continue: next },
          ...(signal === undefined ? {} : { signal }),
        });
        items.push(...page.items);
        next = page.metadata.continue || undefined;
        version = page.metadata.resourceVersion;
      } while (next !== undefined);
      return { items, metadata: version === undefined ? {} : { resourceVersion: version } };
    },

    /** Yields the lines of an answer as they come. */
    async *readLines(request: ClusterRequest, signal: AbortSignal): AsyncGenerator<string> {
      const answer = await sendOnce(request, signal);
      const body = answer.body.stream();
      if (body === null) return;
      const decoder = new TextDecoder();
      let rest = '';
      try {
        for await (const piece of body) {
          const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
          rest = lines.pop() ?? '';
          yield* lines;
        }
      } catch (error) {
        throw new ClusterError(0, { message: 'The connection to Kubernetes was cut' }, { cause: error });
      }
      if (rest !== '') yield rest;
    },
  };
}

function readStatus(text: string): Status {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each field is optional
    return JSON.parse(text) as Status;
  } catch {
    return { message: text.slice(0, 500) };
  }
}

function readSeconds(header: string | undefined): number | null {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : null;
}

/** Whether the same request may succeed in a moment. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof ClusterError)) return false;
  return error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500;
}

function pauseAfter(error: unknown, failures: number): number {
  const asked = error instanceof ClusterError ? error.retryAfterSeconds : null;
  if (asked !== null) return Math.min(asked, maxRetryAfterSeconds) * 1000;
  return firstPauseMs * 2 ** failures * (0.5 + Math.random());
}
