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

const mails: Record<string, { word: string; description: string }> = {
  sent: { word: 'sent', description: 'The mail server accepted the message.' },
  waiting: { word: 'sending', description: 'Retried until the mail server accepts the message.' },
  failed: { word: 'rejected', description: 'The mail server rejected the address.' },
  none: { word: 'not sent', description: 'This server sends no email. Send the link yourself.' },
};

/**
 * Delivery state of the invitation email. @param mail may be a state of a newer server that this console does
 * not know
 */
export const describeMail = (mail: string) => mails[mail] ?? { word: mail, description: '' };
