import type { InvitationResponse } from '@pumphouse/contract';
import { ActionsHead } from '../../look/actions-head.tsx';
import { AskingButton } from '../../look/asking-button.tsx';
import { Empty } from '../../look/answers.tsx';
import table from '../../look/table.module.css';
import { ClockTime, Time } from '../../look/time.tsx';
import people from './people.module.css';
import { describeGrants, mailWords } from './invitation-words.ts';

interface InvitationRowsProps {
  invitations: readonly InvitationResponse[];
  whyNotRevoke: string | null;
  revoke: (invitationId: string) => Promise<unknown>;
  onRevoked: (email: string) => void;
}

/** Who was asked to come and has not answered, with what they get. */
export function InvitationRows({ invitations, whyNotRevoke, revoke, onRevoked }: InvitationRowsProps) {
  if (invitations.length === 0) {
    return (
      <Empty title="No invitation waits">
        Somebody who is invited gets a link, and makes an account with it or takes it with the one they have.
      </Empty>
    );
  }
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">E-mail address</th>
            <th scope="col">Gets</th>
            <th scope="col">Mail</th>
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
              <td data-label="mail" title={mailWords(invitation.mail).says}>
                {mailWords(invitation.mail).word}
              </td>
              <td data-label="by">
                {invitation.invited_by}, <Time at={invitation.created_at} />
              </td>
              <td data-label="until">
                <ClockTime at={invitation.expires_at} />
              </td>
              <td>
                <div className={people.actions}>
                  <AskingButton
                    label="Revoke"
                    aria-label={`Revoke the invitation of ${invitation.email}`}
                    whyNot={whyNotRevoke}
                    question={`Revoke the invitation of ${invitation.email}?`}
                    act={() => revoke(invitation.id)}
                    onDone={() => onRevoked(invitation.email)}
                  >
                    Its link leads nowhere from then on. They can be invited again.
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
