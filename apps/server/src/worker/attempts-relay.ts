import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream';
import { createHttpApp } from '../http/http-app.ts';
import { createServerAgent } from './server-agent.ts';
import { errorBody } from '../http/errors.ts';
import { ServiceError } from '../platform/service-error.ts';

/**
 * All that attempts call. The request target is compared before any part of it is decoded or normalized: a path
 * with dot segments, encoded or not, would become another route of the server once it is a URL.
 */
const attemptTarget = /^\/pumphouse\/v1\/(?:attempts|environment-archives)\/[\w-]+\/[\w-]+(?:\?[^#]*)?$/;
/** Headers that concern one connection, and the host of the other side. */
const ownHeaders = new Set(['connection', 'host', 'keep-alive', 'proxy-authorization', 'te', 'upgrade']);
/** The server limits bodies itself; a body of this size is one record that is longer than a chunk. */
const maxBodyBytes = 1024 * 1024 * 1024;
/** A server that accepts a connection and answers nothing counts as gone; bootstraps repeat their calls. */
const silentMs = 120_000;

/**
 * Builds the routes of attempts on a worker's machine, without listening. Each call is passed on to the server
 * as it is: bootstraps seal their calls, so the worker can neither read nor change them.
 */
export function buildAttemptsRelay(serverUrl: string, log: Logger): FastifyInstance {
  const agent = createServerAgent(serverUrl);
  const send = serverUrl.startsWith('https:') ? requestHttps : requestHttp;
  const app = createHttpApp(log);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { bodyLimit: maxBodyBytes }, (_request, payload, done) =>
    done(null, payload),
  );
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.all('/*', { bodyLimit: maxBodyBytes }, (request, reply) => {
    if (!attemptTarget.test(request.url)) throw refuseTarget(request.url);
    reply.hijack();
    forward(request, reply);
  });
  app.addHook('onClose', async () => agent.destroy());

  function forward({ raw, url, method }: FastifyRequest, { raw: response }: FastifyReply): void {
    const target = new URL(serverUrl.replace(/\/+$/, '') + url);
    const outgoing = send(target, { method, agent, headers: selectHeaders(raw.headers), timeout: silentMs });
    // A caller that has gone hears no answer: to pass one on would throw, and end the worker.
    response.on('close', () => outgoing.destroy());
    outgoing.on('timeout', () => outgoing.destroy(new Error('The server does not answer.')));
    outgoing.on('response', (answer: IncomingMessage) => {
      response.writeHead(answer.statusCode ?? 502, selectHeaders(answer.headers));
      pipeline(answer, response, () => undefined);
    });
    outgoing.on('error', (error) => {
      log.debug({ err: error }, 'a call of an attempt was not passed on');
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      response.writeHead(503, { 'content-type': 'application/json' });
      response.end(JSON.stringify(errorBody('unavailable', 'The worker cannot reach its server.')));
    });
    pipeline(raw, outgoing, () => undefined);
  }

  return app;
}

function refuseTarget(target: string): ServiceError {
  const isPlainPath = /^(?:\/(?!\.\.?(?:\/|$))[\w.-]+)+(?:\?|$)/.test(target);
  return isPlainPath
    ? new ServiceError('not_found', 'A worker passes on only the calls of attempts.')
    : new ServiceError(
        'invalid_request',
        'The path has dot segments, encoded characters or another host. Send the path of an attempt as it is.',
      );
}

function selectHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.has(name)));
}
