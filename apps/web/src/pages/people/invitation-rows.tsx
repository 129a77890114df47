import type { InvitationResponse } from '@pumphouse/contract';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { Empty } from '../../ui/answers.tsx';
import table from '../../ui/table.module.css';
import { ClockTime, Time } from '../../ui/time.tsx';
import people from './people.module.css';
import { describeGrants, describeMail } from './invitation-texts.ts';

interface InvitationRowsProps {
  invitations: readonly InvitationResponse[];
  whyNotRevoke: string | null;
  revoke: (invitationId: string) => Promise<unknown>;
  onRevoked: (email: string) => void;
}

/** Table of pending invitations. */
export function InvitationRows({ invitations, whyNotRevoke, revoke, onRevoked }: InvitationRowsProps) {
  if (invitations.length === 0) {
    return (
      <Empty title="No pending invitations">
        Invited people get a link. They accept with an existing account or create one.
      </Empty>
    );
  }
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Email</th>
            <th scope="col">Roles</th>
            <th scope="col">Delivery</th>
            <th scope="col">Invited by</th>
            <th scope="col">Expires</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {invitations.map((invitation) => (
            <tr key={invitation.id}>
              <td data-wide="true">{invitation.email}</td>
              <td data-wide="true">{describeGrants(invitation)}</td>
              <td data-label="delivery" title={describeMail(invitation.mail).description}>
                {describeMail(invitation.mail).word}
              </td>
              <td data-label="by">
                {invitation.invited_by}, <Time at={invitation.created_at} />
              </td>
              <td data-label="expires">
                <ClockTime at={invitation.expires_at} />
              </td>
              <td>
                <div className={people.actions}>
                  <AskingButton
                    label="Revoke"
                    aria-label={`Revoke invitation for ${invitation.email}`}
                    whyNot={whyNotRevoke}
                    question={`Revoke invitation for ${invitation.email}?`}
                    act={() => revoke(invitation.id)}
                    onDone={() => onRevoked(invitation.email)}
                  >
                    The link stops working. You can invite this person again.
                  </AskingButton>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
