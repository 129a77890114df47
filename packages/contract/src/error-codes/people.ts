import type { ErrorCodeMeaning } from './meaning.ts';

export const peopleErrorCodes = {
  invitation_for_another: {
    status: 403,
    cause: 'The invitation is for another e-mail address than the one of the account.',
    nextStep: 'Sign in with the account of the invited address, or have your own address invited.',
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
