import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { fastify } from 'fastify';
import { randomUUID } from 'node:crypto';
import { errorBody, toErrorAnswer } from './errors.ts';
import { refuseWrongBaseUrl } from './base-url.ts';
import { sendError } from './send-error.ts';

const closeSeconds = 2;
const jsonBodyLimit = 16 * 1024 * 1024;
/** A pipeline name has at most 256 characters, each up to nine bytes when URL-encoded. */
const maxPathParameterLength = 256 * 9;

interface HttpAppOptions {
  /** Proxies whose forwarding headers for client address, host and scheme are trusted. */
  trustedProxies?: readonly string[];
  /** Whether a request is for a WebSocket, which the caller serves. */
  mayUpgrade?: (request: IncomingMessage) => boolean;
  /** Answers a browser that opens a URL without a route. Programs get the error as JSON. */
  sendNotFoundPage?: ((reply: FastifyReply) => FastifyReply) | undefined;
}

/** An HTTP server without routes: it accepts JSON and returns all errors in the contract's format. */
export function createHttpApp(
  log: Logger,
  { trustedProxies = [], mayUpgrade = () => false, sendNotFoundPage }: HttpAppOptions = {},
): FastifyInstance {
  const app: FastifyInstance = fastify({
    // A client that offers another protocol, as Java's offers HTTP/2, is answered over HTTP/1.1.
    http: { shouldUpgradeCallback: mayUpgrade },
    bodyLimit: jsonBodyLimit,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: maxPathParameterLength },
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    genReqId: () => randomUUID(),
    frameworkErrors: (error, request, reply) => {
      const { status, body } = toErrorAnswer(error, request.id);
      void (reply as FastifyReply).code(status).send(body);
    },
    clientErrorHandler(error, socket) {
      if (!socket.writable) return;
      const body = JSON.stringify(errorBody('invalid_request', describeClientError(error)));
      const head = `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
      socket.end(`${head}\r\n\r\n${body}`);
    },
  });
  readJsonBodies(app);
  app.setNotFoundHandler((request, reply) => {
    const refusal = refuseWrongBaseUrl(request.url);
    if (refusal) throw refusal;
    const [path = ''] = request.url.split('?', 1);
    void reply.code(404);
    if (sendNotFoundPage && isPageVisit(request, path)) void sendNotFoundPage(reply);
    else void reply.send(errorBody('not_found', `There is no operation ${request.method} ${path}.`));
  });
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, log));
  return app;
}

/** Reports whether a person opened the URL: of the API, only programs do. `Accept: *` is no browser. */
function isPageVisit({ method, headers }: FastifyRequest, path: string): boolean {
  const isOfApi = /^\/(?:api|pumphouse)\//.test(path);
  return method === 'GET' && !isOfApi && (headers.accept ?? '').includes('text/html');
}

function describeClientError({ code }: { code?: string }): string {
  return code === 'HPE_HEADER_OVERFLOW'
    ? 'The headers of the request are larger than the 16 KiB that this server reads.'
    : 'The request is not valid HTTP.';
}

/** Accepts only JSON. An empty body counts as no body, whatever its content type. */
function readJsonBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body, done);
  });
}

/**
 * Closes the server after requests in progress are answered. Idle connections that browsers open in advance
 * would otherwise delay it by a minute.
 */
export async function closeHttpApp(api: FastifyInstance): Promise<void> {
  const giveUp = setTimeout(() => api.server.closeAllConnections(), closeSeconds * 1000);
  try {
    await api.close();
  } finally {
    clearTimeout(giveUp);
  }
}
