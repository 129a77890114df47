import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { apiBaseUrl } from '../../api/base-url.ts';
import { operation } from '../../api/operation.ts';
import { Outcome } from '../../forms/change-form.tsx';
import { SettingsFrame } from '../../layout/settings-frame.tsx';
import { DetailList, Page, Section } from '../../ui/page.tsx';
import { PersonalKeys } from '../keys/personal-keys.tsx';
import { Sessions } from './sessions.tsx';

/** The user's personal keys and sessions. */
export function AccountPage() {
  const { data: me } = useSuspenseQuery(operation('get_me'));
  const [outcome, setOutcome] = useState<string | null>(null);
  return (
    <SettingsFrame>
      <Page title="Keys and sessions" lead={`Your account, ${me.email}.`}>
        <Outcome text={outcome} />
        <Section title="Account">
          <DetailList
            items={[
              ['Email', me.email],
              [
                'Password',
                <a key="password" href={`${apiBaseUrl}/sign-in/account`}>
                  Change password
                </a>,
              ],
              [
                'Organizations',
                <span key="organizations" className="linked-text">
                  {(me.organization_memberships ?? []).map(({ organization, role }, index) => (
                    <span key={organization.id}>
                      {index > 0 && ', '}
                      {role} in{' '}
                      <Link to="/organizations/$organizationId" params={{ organizationId: organization.id }}>
                        {organization.name}
                      </Link>
                    </span>
                  ))}
                </span>,
              ],
            ]}
          />
        </Section>
        <PersonalKeys onOutcome={setOutcome} />
        <Sessions onOutcome={setOutcome} />
      </Page>
    </SettingsFrame>
  );
}
