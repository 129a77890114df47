import type { CallOperation, OnBehalf } from '../api/call-operation.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { OlderRoute } from './route.ts';
import type { Principal } from '../services/sign-in/principal.ts';
import type { RequestLimit } from '../http/request-limit.ts';
import type { Services } from '../services/create-services.ts';
import multipart from '@fastify/multipart';
import { actAs } from '../services/audit/audit.ts';
import { actorOf } from '../http/caller.ts';
import { authenticateWithinLimit, publicBodyLimit } from '../api/route-registration.ts';
import { createUploadRoutes } from './uploads.ts';
import { olderRoutes } from './older-routes.ts';
import { originOf } from '../http/base-url.ts';
import { pathParamsOf } from '../http/path-params.ts';
import { readClientRelease } from './client-release.ts';
import { sendError } from '../http/send-error.ts';

interface OlderClientDependencies {
  services: Services;
  callsFor: (caller: OnBehalf) => CallOperation;
  requestLimit: RequestLimit;
  publicUrl: string | null;
  uploadDir: string;
  maxUploadBytes: number;
  log: Logger;
}

/** Registers the routes of the older client at `/v1`. */
export function registerOlderClient(app: FastifyInstance, dependencies: OlderClientDependencies): void {
  void app.register(
    async (scope) => {
      answerErrorsPlainly(scope, dependencies.log);
      for (const route of olderRoutes) registerOlderRoute(scope, route, dependencies);
      await scope.register(async (uploads) => {
        await uploads.register(multipart, { throwFileSizeLimit: false });
        for (const route of createUploadRoutes(dependencies))
          registerOlderRoute(uploads, route, dependencies);
      });
    },
    { prefix: '/v1' },
  );
}

/** The client cannot decode an `extra` that is not an object, and never shows one. */
function answerErrorsPlainly(scope: FastifyInstance, log: Logger): void {
  scope.setErrorHandler((error, request, reply) => {
    writePlainJson(reply);
    sendError(error, request, reply, log, ({ code, detail, status_code }) => ({ code, detail, status_code }));
  });
}

/** Operations set a serializer that fits only their own response. */
function writePlainJson(reply: FastifyReply): void {
  void reply.serializer((body) => JSON.stringify(body));
}

function registerOlderRoute(
  scope: FastifyInstance,
  route: OlderRoute,
  { services, callsFor, requestLimit, publicUrl }: OlderClientDependencies,
): void {
  const { credentials } = services;
  const principals = new WeakMap<FastifyRequest, Principal>();
  scope.route({
    method: route.method,
    url: route.path,
    ...(route.credential === 'none' ? { bodyLimit: publicBodyLimit } : {}),
    // Authenticate before reading any of the body.
    onRequest: async (request) => {
      const context = { credentials, requestLimit };
      const { principal } = await authenticateWithinLimit(route.credential, context, request);
      principals.set(request, principal);
    },
    handler: async (request, reply) => {
      const principal = principals.get(request);
      if (!principal) throw new Error(`The caller of ${route.path} was not authenticated`);
      void reply.code(route.status);
      const answer = await actAs(actorOf(request, principal), () =>
        route.handle({
          call: callsFor({ principal, origin: originOf(request, publicUrl), request, reply }),
          params: pathParamsOf(request),
          query: request.query,
          body: request.body,
          principal,
          release: readClientRelease(request),
          services,
          request,
          reply,
        }),
      );
      // Operations set their own success status; the older client knows only that of the route.
      writePlainJson(reply);
      return reply.code(route.status).send(answer);
    },
  });
}
