import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PageHandler, PageRegistry, PagesDependencies } from './page-registry.ts';
import { readFileSync } from 'node:fs';
import { actAs, actAsPerson } from '../services/audit/audit.ts';
import { originOf } from '../http/base-url.ts';
import { strangerAt } from '../http/caller.ts';
import { contentPolicy, pageHeaders } from './page-registry.ts';
import { locateFile } from '../platform/program-files.ts';
import { openVisit, type Visit } from './visit.ts';
import { registerAccountPages } from './account.ts';
import { registerAppPage } from './app.ts';
import { registerAuthorizePage } from './authorize.ts';
import { registerDevicePage } from './device.ts';
import { registerEndSessions } from './end-sessions.ts';
import { registerInvitationPage } from './invitation.ts';
import { registerOpenIdPages } from './open-id.ts';
import { registerPasswordLinkPage } from './password-link.ts';
import { registerSetupPage } from './setup.ts';
import { registerSignInPage } from './sign-in.ts';
import { sendErrorPage } from './error-page.ts';
import { ServiceError } from '../platform/service-error.ts';
import { takeSwapCode } from './swap-code.ts';

const maxFormBytes = 16 * 1024;

/** Registers the server-rendered pages, which use no scripts (docs/decisions/0030-accounts-and-pages.md). */
export function registerPages(app: FastifyInstance, dependencies: PagesDependencies): void {
  const { publicUrl, services } = dependencies;

  async function visit(
    request: FastifyRequest,
    reply: FastifyReply,
    handler: PageHandler,
    isForPerson: boolean,
  ): Promise<unknown> {
    return actAs(strangerAt(request), async () => {
      const opened = await openVisit(request, reply, { services, publicUrl });
      if (request.method === 'POST') opened.requireFormToken();
      if (opened.asked('swap') !== '' && request.method === 'GET') return takeSwapCode(opened, services);
      if (isForPerson && !opened.session) return opened.go(signInFirst(opened));
      return opened.session ? actAsPerson(opened.session, () => handler(opened)) : handler(opened);
    });
  }

  void app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(
        'application/x-www-form-urlencoded',
        { parseAs: 'string', bodyLimit: maxFormBytes },
        (_request, body: string, done) => done(null, new URLSearchParams(body)),
      );
      scope.addHook('onRequest', async (request, reply) => {
        void reply.headers({ ...pageHeaders, 'content-security-policy': contentPolicy() });
        if (request.method === 'POST') requireOwnForm(request, originOf(request, publicUrl));
      });
      scope.setErrorHandler((error, request, reply) => sendErrorPage(error, request, reply, dependencies));
      scope.setNotFoundHandler((request, reply) =>
        sendErrorPage(
          new ServiceError('not_found', 'This page does not exist.'),
          request,
          reply,
          dependencies,
        ),
      );
      serveFile(scope, 'style.css', 'text/css; charset=utf-8');
      serveFile(scope, 'icon.svg', 'image/svg+xml');
      const registry: PageRegistry = {
        services,
        get: (path, handler, options) =>
          void scope.get(path, (request, reply) => visit(request, reply, handler, options !== undefined)),
        post: (path, handler, options) =>
          void scope.post(path, (request, reply) => visit(request, reply, handler, options !== undefined)),
      };
      registerEndSessions(scope, dependencies);
      registerSignInPage(registry);
      registerAccountPages(registry);
      registerAppPage(registry);
      registerAuthorizePage(registry);
      registerDevicePage(registry);
      registerInvitationPage(registry);
      registerOpenIdPages(registry);
      registerPasswordLinkPage(registry);
      registerSetupPage(registry);
    },
    { prefix: '/sign-in' },
  );
}

function serveFile(scope: FastifyInstance, name: string, type: string): void {
  const content = readFileSync(locateFile(`apps/server/src/pages/${name}`), 'utf8');
  scope.get(`/${name}`, async (_request, reply) =>
    reply.type(type).header('cache-control', 'public, max-age=3600').send(content),
  );
}

/**
 * Checks that a form comes from our own pages. The form token proves that too, but the browser's headers can
 * be checked before any of the body is read.
 * @throws ServiceError foreign_form
 */
function requireOwnForm({ headers }: FastifyRequest, ownOrigin: string): void {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const own = new URL(ownOrigin).origin;
  if (origin !== undefined && origin !== own) {
    throw new ServiceError(
      'foreign_form',
      `The form was sent from ${origin}, but this server’s URL is ${own}. Open the page there. Behind a proxy, set PUMPHOUSE_PUBLIC_URL to the URL in the browser.`,
    );
  }
  if (site !== undefined && site !== 'same-origin')
    throw new ServiceError(
      'foreign_form',
      'The form was sent from another site. Open the page on this server and submit it again.',
    );
}

function signInFirst({ at, request }: Visit): string {
  return `${at('/sign-in')}?${new URLSearchParams({ return_to: at(request.url) }).toString()}`;
}
