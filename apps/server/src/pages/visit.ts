import type { BrowserSession } from '../services/sign-in/browser-sessions.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Page } from './layout.ts';
import type { PageServices } from './page-services.ts';
import { randomBytes } from 'node:crypto';
import { browserSessionHours } from '../services/sign-in/browser-sessions.ts';
import { cookieName, readCookie, writeCookie } from './cookies.ts';
import { basePathOf, originOf } from '../http/base-url.ts';
import { requireStorableText } from '../http/storable-text.ts';
import { readReturnTo } from './return-to.ts';
import { renderPage } from './layout.ts';
import { ServiceError } from '../platform/service-error.ts';

/** One request for a page: the user, the input, and ways to respond. */
export type Visit = Awaited<ReturnType<typeof openVisit>>;

const cookies = {
  session: 'pumphouse',
  /** Binds forms of a visitor without a session to the browser in which they were shown. */
  visitor: 'pumphouse-visitor',
  knownBrowser: 'pumphouse-known',
};
const visitorSeconds = 24 * 3600;
const knownBrowserSeconds = 180 * 24 * 3600;

export async function openVisit(
  request: FastifyRequest,
  reply: FastifyReply,
  { services, publicUrl }: { services: PageServices; publicUrl: string | null },
) {
  const origin = originOf(request, publicUrl);
  const below = basePathOf(publicUrl);
  const isSecure = origin.startsWith('https:');
  const query = new URLSearchParams(request.url.split('?').slice(1).join('?'));
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  requireStorableText('query', Object.fromEntries(query));
  requireStorableText('form', Object.fromEntries(form));
  /** Converts a path to a URL path as the browser sees it. */
  const at = (path: string) => `${below}${path}`;

  const readOwn = (name: string) => readCookie(request.headers.cookie, cookieName(name, isSecure));
  function write(name: string, value: string, seconds: number): void {
    void reply.header('set-cookie', writeCookie(cookieName(name, isSecure), value, { seconds, isSecure }));
  }

  const secret = readOwn(cookies.session);
  const session: BrowserSession | null = secret ? await services.browserSessions.find(secret) : null;
  if (secret && session?.isRenewed) write(cookies.session, secret, browserSessionHours * 3600);
  const visitor = readOwn(cookies.visitor);

  /**
   * What forms of this page are bound to: the session, or the browser of a visitor without one; null if there
   * is neither.
   */
  function findFormOwner(): string | null {
    if (session) return `form of session ${session.secretHash.toString('base64url')}`;
    if (visitor) return `form of visitor ${visitor}`;
    if (request.method !== 'GET') return null;
    const made = randomBytes(24).toString('base64url');
    write(cookies.visitor, made, visitorSeconds);
    return `form of visitor ${made}`;
  }
  const formOwner = findFormOwner();
  const formToken = formOwner === null ? '' : services.sign(formOwner);

  return {
    request,
    session,
    origin,
    at,
    formToken,

    /** A query parameter; '' if absent. */
    asked: (name: string): string => query.get(name) ?? '',
    /** A form field; '' if absent. */
    sent: (name: string): string => form.get(name) ?? '',
    /** The return path from the URL or the form; null if absent or not on this server. */
    returnTo: (): string | null => readReturnTo(form.get('return_to') ?? query.get('return_to'), origin),

    /** @throws ServiceError foreign_form when the form is not from a page shown in this browser */
    requireFormToken(): void {
      if (formOwner === null || !services.isSignature(formOwner, form.get('form_token') ?? '')) {
        throw new ServiceError(
          'foreign_form',
          'The page has expired, or you signed in or out in another tab. Open the page again and resubmit the form. Cookies must be enabled.',
        );
      }
    },

    show(page: Page, status = 200) {
      return reply
        .code(status)
        .type('text/html; charset=utf-8')
        .send(renderPage({ email: session?.email ?? null, ...page }, at).text);
    },

    /** @param address a path from `at`, or an external URL returned by a service */
    go: (address: string) => reply.redirect(address, 303),

    setHeader: (name: string, value: string) => void reply.header(name, value),

    readCookie: readOwn,
    keepCookie: write,
    dropCookie: (name: string) => write(name, '', 0),

    /** Whether the account has signed in with this browser before. */
    knownBrowserOf: (email: string) => services.knownBrowsers.read(readOwn(cookies.knownBrowser), email),

    /** Signs the user in, replacing any current session. The parameters are those of `browserSessions.begin`. */
    async startSession(
      account: { id: string; email: string },
      signedInBy: string,
      sessionId: string | null = null,
    ): Promise<void> {
      if (session) await services.browserSessions.end(session);
      const begun = await services.browserSessions.begin(account, signedInBy, sessionId);
      write(cookies.session, begun, browserSessionHours * 3600);
      write(cookies.visitor, '', 0);
      write(cookies.knownBrowser, services.knownBrowsers.issue(account.email), knownBrowserSeconds);
    },

    async endSession(): Promise<void> {
      if (session) await services.browserSessions.end(session);
      write(cookies.session, '', 0);
    },

    dropSessionCookie: (): void => write(cookies.session, '', 0),
  };
}

/** The signed-in user. Handlers registered with `who: 'person'` always have one. */
export function sessionOf({ session }: Visit): BrowserSession {
  if (!session) throw new Error('The page was reached without a session');
  return session;
}
