import type { BrowserSession } from '../services/sign-in/browser-sessions.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Page } from './layout.ts';
import type { PageServices } from './page-services.ts';
import { randomBytes } from 'node:crypto';
import { browserSessionHours } from '../services/sign-in/browser-sessions.ts';
import { cookieName, readCookie, writeCookie } from './cookies.ts';
import { basePathOf, originOf } from '../http/base-url.ts';
import { readReturnTo } from './return-to.ts';
import { renderPage } from './layout.ts';
import { ServiceError } from '../platform/service-error.ts';

/** One request for a page: who asks, what was sent, and how to answer. */
export type Visit = Awaited<ReturnType<typeof openVisit>>;

const cookies = {
  session: 'pumphouse',
  /** Binds forms of somebody who is not signed in to the browser that they were shown in. */
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
  /** An address of this server as the browser sees it. */
  const at = (path: string) => `${below}${path}`;

  const readOwn = (name: string) => readCookie(request.headers.cookie, cookieName(name, isSecure));
  function write(name: string, value: string, seconds: number): void {
    void reply.header('set-cookie', writeCookie(cookieName(name, isSecure), value, { seconds, isSecure }));
  }

  const secret = readOwn(cookies.session);
  const session: BrowserSession | null = secret ? await services.browserSessions.find(secret) : null;
  if (secret && session?.isRenewed) write(cookies.session, secret, browserSessionHours * 3600);
  const visitor = readOwn(cookies.visitor);

  /** What a form of this page has to carry: bound to the session, or to the browser of somebody who has none. */
  function makeFormToken(): string {
    if (session) return services.sign(`form of session ${session.secretHash.toString('base64url')}`);
    if (visitor) return services.sign(`form of visitor ${visitor}`);
    if (request.method !== 'GET') return '';
    const made = randomBytes(24).toString('base64url');
    write(cookies.visitor, made, visitorSeconds);
    return services.sign(`form of visitor ${made}`);
  }
  const formToken = makeFormToken();

  return {
    request,
    session,
    origin,
    at,
    formToken,

    /** A parameter of the address; '' without one. */
    asked: (name: string): string => query.get(name) ?? '',
    /** A field of the form; '' without one. */
    sent: (name: string): string => form.get(name) ?? '',
    /** The path to go on to that came with the address or the form; null for none, and for one that is not ours. */
    returnTo: (): string | null => readReturnTo(form.get('return_to') ?? query.get('return_to'), origin),

    /** @throws ServiceError foreign_form when the form is not from a page that this browser was shown */
    requireFormToken(): void {
      if (formToken === '' || form.get('form_token') !== formToken) {
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

    /** @param address a path of `at`, or that of somebody else which a service gave */
    go: (address: string) => reply.redirect(address, 303),

    setHeader: (name: string, value: string) => void reply.header(name, value),

    readCookie: readOwn,
    keepCookie: write,
    dropCookie: (name: string) => write(name, '', 0),

    /** The browser in which the account has signed in before, if this is one. */
    knownBrowserOf: (email: string) => services.knownBrowsers.read(readOwn(cookies.knownBrowser), email),

    /** Signs the person in here, in place of whoever was. */
    async startSession(account: { id: string; email: string }, signedInBy: string): Promise<void> {
      if (session) await services.browserSessions.end(session);
      const begun = await services.browserSessions.begin(account, signedInBy);
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

/** The person whose page it is. Handlers of pages for people who are signed in are not called without one. */
export function sessionOf({ session }: Visit): BrowserSession {
  if (!session) throw new Error('The page was reached without a session');
  return session;
}
