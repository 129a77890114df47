import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { RequestFailure } from '../../cluster-faults.ts';
import type { Caller } from './access.ts';
import {
  createSelfSignedCertificate,
  type ServerCertificate,
} from '../../../fixtures/self-signed-certificate.ts';
import type { ClusterState } from './cluster-state.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { findFreePort } from '../../../fixtures/free-port.ts';
import { handleRequest, type RequestContext } from './handle-request.ts';
import { sendError } from './http-exchange.ts';
import { ObjectLister } from './list-objects.ts';
import type { PodActions } from './pod-actions.ts';
import { startQuotaController } from './quota-status.ts';
import { errorOf, RequestFaults } from './request-faults.ts';
import { WatchResponses, type WatchSettings } from './watch-response.ts';

export interface ApiServerOptions {
  state: ClusterState;
  /** By bearer token. */
  callers: Map<string, Caller>;
  podActions: PodActions;
  /** Kubernetes sends a bookmark each minute. */
  bookmarkSeconds?: number;
}

const namesOfServer = ['localhost', 'kubernetes.default.svc', '127.0.0.1', '::1'];

/** Serves the cluster's objects over HTTPS on loopback. */
export class ApiServer {
  readonly faults = new RequestFaults();
  readonly watchSettings: WatchSettings;
  readonly #context: RequestContext;
  readonly #certificate: ServerCertificate;
  readonly #controllers: (() => void)[];
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;

  private constructor(options: ApiServerOptions, certificate: ServerCertificate) {
    const { state, callers, podActions, bookmarkSeconds = 60 } = options;
    this.watchSettings = { delayMilliseconds: 0, bookmarkSeconds };
    const watches = new WatchResponses(state.store, this.watchSettings);
    this.#context = { state, lister: new ObjectLister(state.store), watches, callers, podActions };
    this.#certificate = certificate;
    this.#controllers = [startGarbageCollector(state), startQuotaController(state)];
  }

  static async start(options: ApiServerOptions): Promise<ApiServer> {
    const server = new ApiServer(options, await createSelfSignedCertificate(namesOfServer));
    await server.listen();
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get caCertificate(): string {
    return this.#certificate.cert;
  }

  get openWatches(): number {
    return this.#context.watches.count;
  }

  /** Listens at the same port again after `stop`. */
  async listen(): Promise<void> {
    const { cert, key } = this.#certificate;
    const server = createServer({ cert, key }, (request, response) => this.#serve(request, response));
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.keepAliveTimeout = 90_000;
    // Not an ephemeral port: another process could get it while the server is stopped.
    this.#port ||= await findFreePort();
    await once(server.listen(this.#port, '127.0.0.1'), 'listening');
    this.#server = server;
  }

  /** Cuts all connections and refuses new ones. Keeps the objects. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  cutWatches(): void {
    this.#context.watches.cut();
  }

  /** Makes resource versions and continue tokens expire, and ends the watches that rely on them. */
  expireHistory(): void {
    this.#context.state.store.forgetHistory();
    this.#context.lister.expireTokens();
  }

  async close(): Promise<void> {
    for (const end of this.#controllers) end();
    await this.stop();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const failure = this.faults.take(request.method ?? '', request.url ?? '');
    if (failure !== null) return this.#fail(failure, request, response);
    void handleRequest(this.#context, request, response);
  }

  #fail(
    { failure, retryAfterSeconds }: RequestFailure,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (failure === 'silence') return;
    if (failure === 'reset') return void request.socket.destroy();
    if (failure === 'answer-lost') {
      const { socket } = request;
      // The answer is swallowed: the client sees only the end of the connection.
      response.write = () => true;
      response.end = () => response;
      void handleRequest(this.#context, request, response).then(() => socket.destroy());
      return;
    }
    request.resume();
    request.on('end', () => sendError(response, errorOf(failure, retryAfterSeconds)));
  }
}
