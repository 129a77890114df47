import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { PagesDependencies } from './page-registry.ts';
import { actAs, actAsPerson } from '../services/audit/audit.ts';
import { openVisit } from './visit.ts';
import { sendError } from '../http/send-error.ts';
import { ServiceError } from '../platform/service-error.ts';
import { strangerAt } from '../http/caller.ts';

/**
 * Signs the console out of this browser: ends its session and that of the sign-in pages. Responds with 204,
 * or with a JSON error that the console shows. It needs no form token, because no page of the console has
 * one; `Origin` proves where the request came from.
 */
export function registerEndSessions(scope: FastifyInstance, dependencies: PagesDependencies): void {
  const { services, publicUrl, log } = dependencies;
  scope.post(
    '/end-sessions',
    {
      onRequest: async (request) => requireBrowserHeaders(request),
      errorHandler: (error, request, reply) => sendError(error, request, reply, log),
    },
    (request, reply) =>
      actAs(strangerAt(request), async () => {
        const visit = await openVisit(request, reply, { services, publicUrl });
        const refreshToken = visit.sent('refresh_token') || null;
        const signOut = () => services.signOut({ refreshToken, browserSession: visit.session });
        await (visit.session ? actAsPerson(visit.session, signOut) : signOut());
        visit.dropSessionCookie();
        return reply.code(204).send();
      }),
  );
}

/**
 * Every browser sends the origin of such a request, and a hook for all forms has already compared it.
 * @throws ServiceError foreign_form
 */
function requireBrowserHeaders({ headers }: FastifyRequest): void {
  if (headers.origin === undefined && headers['sec-fetch-site'] === undefined)
    throw new ServiceError(
      'foreign_form',
      'The request has no header `Origin`. Sign out in the console instead.',
    );
}
