import type { ErrorCodeMeaning } from './meaning.ts';

export const signInErrorCodes = {
  password_refused: {
    status: 400,
    cause: 'A new password is too short, too long, or too common.',
    nextStep: 'Choose another of at least 12 characters, such as a passphrase of a few words.',
  },
  wrong_password: {
    status: 400,
    cause:
      'The e-mail address or the password is wrong. The response does not reveal whether the account exists.',
    nextStep: 'Check both, sign in in another way, or ask an operator for a link that sets a new password.',
  },
  sign_in_not_confirmed: {
    status: 400,
    cause:
      'The response of the sign-in provider does not match the request, or the provider did not sign it.',
    nextStep: 'Start again from the sign-in page; if it fails again, see the log of the server.',
  },
  sign_in_refused: {
    status: 400,
    cause:
      'The code or the request of a sign-in is unknown, expired, used, or was declined; `detail` has the reason.',
    nextStep: 'Begin the sign-in again, for example with `dlthub login`.',
  },
  session_ended: {
    status: 401,
    cause:
      'The refresh token is unknown, or its session has ended: signed out, revoked, not used for 90 days, or a year old.',
    nextStep: 'Sign in again.',
  },
  refresh_token_reused: {
    status: 401,
    cause:
      'The refresh token was replaced long ago: another program may have a copy, so the session was ended.',
    nextStep: 'Sign in again, and find out who could read the token file of the client.',
  },
  authorization_pending: {
    status: 403,
    cause: 'The device code has not been approved yet.',
    nextStep: 'Answer it in the browser; the client polls automatically.',
  },
  slow_down: {
    status: 403,
    cause: 'The device code has not been approved yet, and the client polls too often.',
    nextStep: 'Poll less often; the dlthub client does so automatically.',
  },
  foreign_form: {
    status: 403,
    cause: 'A form was sent from another site, or from a page of this server that has expired.',
    nextStep:
      'Open the page again and submit the form there. Behind a proxy, PUMPHOUSE_PUBLIC_URL must be the address in the browser.',
  },
  account_disabled: {
    status: 403,
    cause: 'The account was disabled by an operator.',
    nextStep: "Contact the server's operator.",
  },
  email_not_verified: {
    status: 403,
    cause: 'The sign-in provider has not verified the e-mail address.',
    nextStep: 'Confirm the address at the provider, or use a password.',
  },
  sign_up_closed: {
    status: 403,
    cause: 'The user has no account, and accounts require an invitation.',
    nextStep: 'Ask an owner of the organization for an invitation, and open its link.',
  },
  no_account: {
    status: 403,
    cause: 'The key belongs to a workspace, not to a user, and has no account.',
    nextStep: 'Use `/organizations` or `me` of the workspace, or use a personal key.',
  },
  link_not_good: {
    status: 404,
    cause: 'The link was used, has expired, or was replaced by a newer one.',
    nextStep:
      'Setting up: restart the server and open the link that it prints. Password: ask an operator for a new link.',
  },
  already_set_up: {
    status: 409,
    cause: 'The installation has an owner, so the set-up link is no longer valid.',
    nextStep: 'Sign in, or ask an owner for an invitation.',
  },
  account_exists: {
    status: 409,
    cause: 'An account with this email address exists.',
    nextStep: 'Sign in with it.',
  },
  account_not_linked: {
    status: 409,
    cause:
      'An account with the e-mail address from the sign-in provider exists, but is not linked with the provider and has no password to confirm the link.',
    nextStep:
      'Sign in as before, or ask an operator for a link that sets a password: `admin reset-password-link`.',
  },
  too_many_tries: {
    status: 429,
    cause: 'Signing in failed too often for this account, or from this address.',
    nextStep: 'Wait for the time in `Retry-After`.',
  },
  too_many_sign_ins: {
    status: 429,
    cause:
      'Too many passwords are being checked at once, too many sign-ins are waiting for an answer, or too many wrong codes were entered.',
    nextStep: 'Wait for the time in `Retry-After` or `detail`, then try again.',
  },
  provider_unavailable: {
    status: 503,
    cause: 'The sign-in provider does not answer, or sends invalid responses.',
    nextStep: 'Sign in with a password, or try again later; the log of the server has the reason.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
