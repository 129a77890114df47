import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Explanation, Outcome } from '../../forms/change-form.tsx';
import { Page, Section } from '../../look/page.tsx';
import { organizationRoles, organizationRoleWords } from '../../permissions/role-words.ts';
import { useOrganization } from '../../workspace/use-organization.ts';
import { organizationMembers } from '../../workspace/use-people.ts';
import { RefusedOrganizationPage } from '../workspaces/refused-page.tsx';
import { OrganizationInvitations } from './organization-invitations.tsx';
import { OrganizationMemberRows } from './organization-member-rows.tsx';

/** Who belongs to an organization, and who was asked to come. */
export function OrganizationMembersPage() {
  const { me, whyNot } = useOrganization();
  const refused = whyNot('member.list');
  return refused === null ? (
    <Members />
  ) : (
    <RefusedOrganizationPage title="Members" reason={refused} role={me.role} />
  );
}

function Members() {
  const { id } = useOrganization();
  const { data } = useSuspenseQuery(organizationMembers(id));
  const [outcome, setOutcome] = useState<string | null>(null);
  return (
    <Page title="Members" lead="Who belongs to the organization, and what each was given in its workspaces.">
      <Outcome text={outcome} />
      <Section title={`People (${data.items.length})`}>
        <OrganizationMemberRows members={data.items} onOutcome={setOutcome} />
        <Explanation>
          {organizationRoles.map((role) => (
            <div key={role}>
              <strong>{role}</strong> {organizationRoleWords[role]}.
            </div>
          ))}
        </Explanation>
      </Section>
      <OrganizationInvitations onOutcome={setOutcome} />
    </Page>
  );
}
