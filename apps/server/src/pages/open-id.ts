import type { OpenId } from '../services/sign-in/open-id.ts';
import type { PageRegistry } from './page-registry.ts';
import type { Problem } from './problems.ts';
import type { Visit } from './visit.ts';
import { z } from 'zod';
import { attempt, textOf } from './problems.ts';
import { html } from './html.ts';
import { inviteWith } from './invitation.ts';
import { readReturnTo } from './return-to.ts';
import { renderButton, renderField, renderForm, renderNotice } from './fields.ts';
import { ServiceError } from '../platform/service-error.ts';
import { showSignIn } from './sign-in.ts';

/** What the browser keeps until the provider sends the user back. */
const keptFlow = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string().nullable(),
  invitation: z.string().nullable(),
});
type KeptFlow = z.output<typeof keptFlow>;

/** What the browser keeps until the user has confirmed that the account is theirs. */
const keptLink = z.object({
  person: z.object({
    issuer: z.string(),
    subject: z.string(),
    email: z.string(),
    isEmailVerified: z.boolean(),
    name: z.string().nullable(),
  }),
  returnTo: z.string().nullable(),
});
type KeptLink = z.output<typeof keptLink>;

const flowCookie = 'pumphouse-open-id';
const linkCookie = 'pumphouse-link';
const keptSeconds = 10 * 60;

const shownAtSignIn = [
  'provider_unavailable',
  'sign_in_not_confirmed',
  'account_disabled',
  'email_not_verified',
  'account_not_linked',
  'account_exists',
  'sign_up_closed',
] as const;

/** The callback URL for the provider, always written the same way because providers compare it literally. */
const callbackOf = (visit: Visit) => new URL(`${visit.origin}/sign-in/open-id/callback`);

/** Signs in through an OpenID provider: redirect, callback and, for an existing account, linking the two. */
export function registerOpenIdPages(registry: PageRegistry): void {
  const { openId } = registry.services;
  if (!openId) return;
  registerWayOut(registry, openId);
  registerWayBack(registry, openId);
  registerLinkPage(registry, openId);
}

function registerWayOut({ get, services }: PageRegistry, openId: OpenId): void {
  get('/open-id', async (visit) => {
    const returnTo = visit.returnTo();
    // Do not let a link on another site sign users in without consent.
    if (visit.request.headers['sec-fetch-site'] === 'cross-site')
      return visit.go(
        `${visit.at('/sign-in')}${returnTo ? `?return_to=${encodeURIComponent(returnTo)}` : ''}`,
      );
    const begun = await attempt(visit, shownAtSignIn, () => openId.begin(callbackOf(visit).href));
    if ('problem' in begun) return showSignIn(visit, services, { problem: begun.problem });
    const { url, flow } = begun.result;
    const kept: KeptFlow = { ...flow, returnTo, invitation: visit.asked('invitation') || null };
    visit.keepCookie(flowCookie, services.sealed.seal(flowCookie, kept, keptSeconds), keptSeconds);
    return visit.go(url);
  });
}

function registerWayBack({ get, services }: PageRegistry, openId: OpenId): void {
  const { sealed, invitations, signUp } = services;

  async function recognize(kept: KeptFlow | null, answer: URL) {
    if (!kept) {
      throw new ServiceError(
        'sign_in_not_confirmed',
        'This sign-in was started in another browser, is already complete, or took longer than ten minutes. Start again.',
      );
    }
    const person = await openId.finish(answer, kept);
    const invited = kept.invitation
      ? inviteWith(invitations, kept.invitation, await invitations.describe(kept.invitation))
      : null;
    return signUp.recognize(person, invited);
  }

  get('/open-id/callback', async (visit) => {
    const kept = keptFlow.safeParse(sealed.open(flowCookie, visit.readCookie(flowCookie))).data ?? null;
    // Valid for one response, whatever its result.
    visit.dropCookie(flowCookie);
    const answer = callbackOf(visit);
    answer.search = visit.request.url.split('?').slice(1).join('?');
    const done = await attempt(visit, shownAtSignIn, () => recognize(kept, answer));
    if ('problem' in done) return showSignIn(visit, services, { problem: done.problem });
    const returnTo = readReturnTo(kept?.returnTo, visit.origin);
    if ('account' in done.result) {
      await visit.startSession(done.result.account, openId.issuer);
      return visit.go(returnTo ?? visit.at('/'));
    }
    const link: KeptLink = { person: done.result.link, returnTo };
    visit.keepCookie(linkCookie, sealed.seal(linkCookie, link, keptSeconds), keptSeconds);
    return visit.go(visit.at('/sign-in/link'));
  });
}

function registerLinkPage({ get, post, services }: PageRegistry, openId: OpenId): void {
  const readLink = (visit: Visit): KeptLink => {
    const kept = keptLink.safeParse(services.sealed.open(linkCookie, visit.readCookie(linkCookie)));
    if (kept.success) return kept.data;
    throw new ServiceError(
      'sign_in_not_confirmed',
      'This took longer than ten minutes. Start again from the sign-in page.',
    );
  };

  get('/link', async (visit) => showLink(visit, openId.name, readLink(visit), null));

  post('/link', async (visit) => {
    const kept = readLink(visit);
    const { person } = kept;
    const shown = ['wrong_password', 'too_many_tries', 'too_many_sign_ins', 'account_exists'] as const;
    const tried = { password: visit.sent('password'), knownBrowser: visit.knownBrowserOf(person.email) };
    const done = await attempt(visit, shown, () => services.signUp.link(person, tried));
    if ('problem' in done) return showLink(visit, openId.name, kept, done.problem);
    visit.dropCookie(linkCookie);
    await visit.startSession(done.result, person.issuer);
    return visit.go(readReturnTo(kept.returnTo, visit.origin) ?? visit.at('/sign-in/account?news=linked'));
  });
}

function showLink(visit: Visit, provider: string, { person }: KeptLink, problem: Problem | null) {
  const wrong = textOf(problem, 'wrong_password');
  const page = {
    title: 'Is this your account?',
    hasProblem: problem !== null,
    body: html`${renderNotice(wrong ? null : problem?.text)}
      <p>
        The account <strong>${person.email}</strong> is not linked with ${provider} yet. Enter its password
        once to sign in with ${provider} from now on.
      </p>
      ${renderForm(
        visit.at('/sign-in/link'),
        visit.formToken,
        html`${renderField({ name: 'email', label: 'Email', type: 'email', autocomplete: 'username', value: person.email, isReadOnly: true })}
        ${renderField({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password', problem: wrong, isFirst: true })}
        ${renderButton(`Link with ${provider}`)}`,
      )}
      <p class="quiet"><a href="${visit.at('/sign-in')}">Not now</a></p>`,
  };
  return visit.show(page, problem?.status ?? 200);
}
