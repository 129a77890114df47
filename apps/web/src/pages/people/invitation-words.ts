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

const mails: Record<string, { word: string; says: string }> = {
  sent: { word: 'sent', says: 'The mail server has taken it.' },
  waiting: { word: 'is being sent', says: 'It is tried again until the mail server takes it.' },
  failed: { word: 'refused', says: 'The mail server knows no such mailbox.' },
  none: { word: 'not sent', says: 'This server sends no mail: the link has to be passed on.' },
};

/** What became of the mail with the link. @param mail also a word that a newer server may give */
export const mailWords = (mail: string) => mails[mail] ?? { word: mail, says: '' };
