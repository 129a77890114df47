import type { CreatedInvitationResponse } from '@pumphouse/contract';
import { SecretOnce } from '../../forms/secret-once.tsx';
import { formatInstant } from '../../look/format.ts';

/** The link of an invitation that was just made. */
export function InvitationLink({
  invitation,
  onClose,
}: {
  invitation: CreatedInvitationResponse;
  onClose: () => void;
}) {
  const { email, link, mail, expires_at } = invitation;
  return (
    <SecretOnce title={`${email} is invited`} what="link" secret={link} onClose={onClose}>
      {mail === 'none'
        ? `This server sends no mail: pass the link on to ${email} yourself. `
        : `The server mails the link to ${email}; you can pass it on yourself as well. `}
      It is good until {formatInstant(new Date(expires_at))}, for one account with that address.
    </SecretOnce>
  );
}
