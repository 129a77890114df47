import type { AccountSessionResponse } from '@pumphouse/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { ActionButton } from '../../ui/action-button.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { Section } from '../../ui/page.tsx';
import table from '../../ui/table.module.css';
import { ClockTime, Time } from '../../ui/time.tsx';
import { nameSession } from './session-name.ts';
import people from '../people/people.module.css';
import { formatNoun } from '../../ui/format.ts';

/** The user's sessions, with actions to end them. */
export function Sessions({ onOutcome }: { onOutcome: (text: string) => void }) {
  const { data, error } = useQuery(operation('list_account_sessions'));
  const endOne = useMutation({
    mutationFn: ({ id }: AccountSessionResponse) =>
      api.call('revoke_account_session', { params: { session_id: id } }),
    onSuccess: async (_, session) => {
      await fetchAnew(queryClient, ['list_account_sessions']);
      onOutcome(`Session ${nameSession(session)} ended.`);
    },
  });
  const others = data?.sessions.filter(({ is_current }) => !is_current) ?? [];
  return (
    <Section
      title="Sessions"
      aside={
        <AskingButton
          label="End all other sessions"
          whyNot={others.length === 0 ? 'You have no other sessions.' : null}
          question="End all other sessions?"
          action="End sessions"
          act={endOthers}
          onDone={(count) => onOutcome(`${formatNoun(count, 'other session')} ended.`)}
        >
          You stay signed in here. All other browsers and dlthub clients have to sign in again. Keys keep
          working.
        </AskingButton>
      }
    >
      {(error ?? endOne.error) && <ErrorNotice error={error ?? endOne.error} />}
      {!data && !error && <LoadingRows count={3} />}
      {data && <SessionRows sessions={data.sessions} onEnd={(session) => endOne.mutate(session)} />}
    </Section>
  );
}

/** @returns the number of ended sessions */
async function endOthers(): Promise<number> {
  const { revoked } = await api.call('revoke_other_account_sessions');
  await fetchAnew(queryClient, ['list_account_sessions']);
  return revoked;
}

interface SessionRowsProps {
  sessions: readonly AccountSessionResponse[];
  onEnd: (session: AccountSessionResponse) => void;
}

function SessionRows({ sessions, onEnd }: SessionRowsProps) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">IP address</th>
            <th scope="col">Last used</th>
            <th scope="col">Signed in</th>
            <th scope="col">Expires</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <tr key={session.id}>
              <td data-wide="true" title={session.user_agent ?? ''}>
                {nameSession(session)}
                {session.is_current && <span className={people.mark}>current</span>}
              </td>
              <td>{session.address ?? '–'}</td>
              <td data-label="last used">
                <Time at={session.last_used_at} />
              </td>
              <td data-label="signed in">
                <ClockTime at={session.created_at} />
              </td>
              <td data-label="expires">
                <ClockTime at={session.expires_at} />
              </td>
              <td>
                <div className={people.actions}>
                  <ActionButton
                    whyNot={session.is_current ? 'This is your current session. Sign out instead.' : null}
                    aria-label={`End session ${nameSession(session)}`}
                    onClick={() => onEnd(session)}
                  >
                    End
                  </ActionButton>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
