import type { ErrorCodeMeaning } from './meaning.ts';

export const peopleErrorCodes = {
  invitation_for_another: {
    status: 403,
    cause: 'The invitation is for another e-mail address than the one of the account.',
    nextStep: 'Sign in with the account of the invited address, or have your own address invited.',
  },
  key_lifetime_refused: {
    status: 400,
    cause: 'The organization limits the lifetime of keys, and the requested one is longer.',
    nextStep: 'Ask for at most the days in `detail`, or leave `days` out.',
  },
  key_too_old: {
    status: 403,
    cause:
      'The organization accepts keys only for a number of days after their creation, and the key is older.',
    nextStep:
      'Sign in, create another key, and revoke this one. Owners of the organization set the number of days.',
  },
  invitation_not_good: {
    status: 404,
    cause: 'The invitation was accepted, revoked, or has expired; or does not exist.',
    nextStep: 'Ask the member who invited you for a new invitation.',
  },
  last_owner: {
    status: 409,
    cause: 'The organization would have no owner.',
    nextStep: 'Make another member an owner first.',
  },
  own_role: {
    status: 409,
    cause: 'Users cannot change their own role.',
    nextStep: 'Ask another owner; to remove yourself, leave the organization or the workspace.',
  },
  too_many_invitations: {
    status: 409,
    cause: 'The organization has reached its limit of pending invitations.',
    nextStep: 'Revoke invitations that are no longer needed.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
