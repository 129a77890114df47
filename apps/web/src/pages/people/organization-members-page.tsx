import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Explanation, Outcome } from '../../forms/change-form.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { organizationRoles, organizationRoleLabels } from '../../permissions/role-texts.ts';
import { useOrganization } from '../../workspace/use-organization.ts';
import { organizationMembers } from '../../workspace/use-people.ts';
import { RefusedOrganizationPage } from '../workspaces/refused-page.tsx';
import { OrganizationInvitations } from './organization-invitations.tsx';
import { OrganizationMemberRows } from './organization-member-rows.tsx';

/** Members and pending invitations of an organization. */
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
    <Page title="Members" lead="Members of the organization and their workspace roles.">
      <Outcome text={outcome} />
      <Section title={`Members (${data.items.length})`}>
        <OrganizationMemberRows members={data.items} onOutcome={setOutcome} />
        <Explanation>
          {organizationRoles.map((role) => (
            <div key={role}>
              <strong>{role}</strong>: {organizationRoleLabels[role]}
            </div>
          ))}
        </Explanation>
      </Section>
      <OrganizationInvitations onOutcome={setOutcome} />
    </Page>
  );
}
