import type { CreatedInvitationResponse } from '@pumphouse/contract';
import { SecretOnce } from '../../forms/secret-once.tsx';
import { formatInstant } from '../../ui/format.ts';

/** Shows the link of a new invitation. */
export function InvitationLink({
  invitation,
  onClose,
}: {
  invitation: CreatedInvitationResponse;
  onClose: () => void;
}) {
  const { email, link, mail, expires_at } = invitation;
  return (
    <SecretOnce title={`Invitation for ${email} created`} what="link" secret={link} onClose={onClose}>
      {mail === 'none'
        ? `This server sends no email. Send the link to ${email} yourself. `
        : `The server emails the link to ${email}. You can also send it yourself. `}
      The link expires {formatInstant(new Date(expires_at))} and works for one account with this email.
    </SecretOnce>
  );
}
