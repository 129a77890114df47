import type { InvitationResponse } from '@pumphouse/contract';

/** What somebody gets who takes an invitation. */
export function describeGrants({
  role,
  workspaces,
}: Pick<InvitationResponse, 'role' | 'workspaces'>): string {
  const grants = workspaces.map((each) => `${each.role} of ${each.name}`).join(', ');
  if (grants === '') return role;
  return role === 'collaborator' ? grants : `${role}, ${grants}`;
}

const states: Record<string, string> = {
  pending: 'waits to be accepted',
  accepted: 'accepted',
  expired: 'expired',
  revoked: 'revoked',
};

/** @param status also one that a newer server may give */
export const statusWords = (status: string) => states[status] ?? status;

const mails: Record<string, string> = {
  sent: 'sent',
  waiting: 'is being sent',
  failed: 'refused: there is no such mailbox',
  none: 'not sent: this server sends no mail',
};

export const mailWords = (mail: string) => mails[mail] ?? mail;
