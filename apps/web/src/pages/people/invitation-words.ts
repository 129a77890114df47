import type { InvitationResponse } from '@pumphouse/contract';

/** Lists the roles that an invitation grants. */
export function describeGrants({
  role,
  workspaces,
}: Pick<InvitationResponse, 'role' | 'workspaces'>): string {
  const grants = workspaces.map((each) => `${each.role} in ${each.name}`).join(', ');
  if (grants === '') return role;
  return role === 'collaborator' ? grants : `${role}, ${grants}`;
}

const mails: Record<string, { word: string; says: string }> = {
  sent: { word: 'sent', says: 'The mail server accepted the message.' },
  waiting: { word: 'sending', says: 'Retried until the mail server accepts the message.' },
  failed: { word: 'rejected', says: 'The mail server rejected the address.' },
  none: { word: 'not sent', says: 'This server sends no email. Send the link yourself.' },
};

/**
 * Delivery state of the invitation email. @param mail may be a state of a newer server that this console does
 * not know
 */
export const mailWords = (mail: string) => mails[mail] ?? { word: mail, says: '' };
