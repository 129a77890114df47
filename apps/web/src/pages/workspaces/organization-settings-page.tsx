import {
  defaultWorkspaceRole,
  maxKeyDays,
  updateOrganizationRequest,
  type DefaultWorkspaceRole,
  type OrganizationSettingsResponse,
} from '@pumphouse/contract';
import { Textarea, TextInput } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm, Outcome } from '../../forms/change-form.tsx';
import { findBodyProblems, type FieldProblem } from '../../forms/field-problems.ts';
import { checkName } from '../../forms/names.ts';
import { useChange } from '../../forms/use-change.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { OptionSelect } from '../../ui/option-select.tsx';
import { DetailList, Page, Section } from '../../ui/page.tsx';
import { ClockTime } from '../../ui/time.tsx';
import { useOrganization } from '../../workspace/use-organization.ts';
import { NewOrganization } from './new-organization.tsx';
import { readLimit } from './read-limit.ts';

/** Settings of an organization: name, default role and lifetime of keys. */
export function OrganizationSettingsPage() {
  const { me, params } = useOrganization();
  const { data } = useSuspenseQuery(operation('get_organization_settings', { params }));
  return (
    <Page
      title="Settings"
      lead="Name of this organization, default role of its members and lifetime of keys."
    >
      <SettingsSection settings={data} />
      <Section title="Details">
        <DetailList
          items={[
            [
              'Organization ID',
              <span key="id" className="mono">
                {data.id} <CopyText text={data.id} label="organization ID" />
              </span>,
            ],
            ['Your role', me.role],
            ['Region', data.dataplane_id ?? 'not set'],
            ['Created', <ClockTime key="made" at={data.created_at} />],
          ]}
        />
      </Section>
      <NewOrganization />
    </Page>
  );
}

const defaultRoles: { value: DefaultWorkspaceRole | ''; label: string }[] = [
  { value: '', label: 'none: only assigned workspaces' },
  { value: 'viewer', label: 'viewer in every workspace' },
  { value: 'developer', label: 'developer in every workspace' },
];

function SettingsSection({ settings }: { settings: OrganizationSettingsResponse }) {
  const { params, whyNot } = useOrganization();
  const [outcome, setOutcome] = useState<string | null>(null);
  const refused = whyNot('organization.update');
  const defaultRole: DefaultWorkspaceRole | '' =
    defaultWorkspaceRole.safeParse(settings.default_workspace_role).data ?? '';
  const change = useChange({
    initial: {
      name: settings.name,
      description: settings.description ?? '',
      default_workspace_role: defaultRole,
      max_key_days: settings.max_key_days?.toString() ?? '',
    },
    check: (values) => [...checkName(values), ...checkKeyDays(values)],
    send: ({ name, description, default_workspace_role, max_key_days }) =>
      api.call('update_organization', {
        params,
        body: {
          name,
          description: description.trim() || null,
          default_workspace_role: default_workspace_role || null,
          max_key_days: readLimit(max_key_days),
        },
      }),
    onDone: () => {
      setOutcome('Saved.');
      void fetchAnew(queryClient, [
        'get_organization_settings',
        'get_organization_me',
        'get_me',
        'get_workspace_me',
        'list_workspace_access',
        'list_workspace_keys',
      ]);
    },
  });
  const { values, problems } = change;
  return (
    <Section title="General">
      <ChangeForm
        change={change}
        action="Save"
        whyNot={refused ?? (change.isChanged ? null : 'No changes to save.')}
        aside={<Outcome text={change.isChanged ? null : outcome} />}
      >
        <TextInput
          label="Name"
          description="For example, the name of a company or a team."
          readOnly={refused !== null}
          value={values.name}
          error={problems.name}
          onChange={(event) => change.set('name', event.currentTarget.value)}
        />
        <Textarea
          label="Description"
          description="Optional."
          autosize
          readOnly={refused !== null}
          value={values.description}
          error={problems.description}
          onChange={(event) => change.set('description', event.currentTarget.value)}
        />
        <OptionSelect
          label="Default workspace role"
          description="Minimum role of members and owners in every workspace. A higher assigned role takes precedence. Does not apply to collaborators."
          disabled={refused !== null}
          value={values.default_workspace_role}
          error={problems.default_workspace_role}
          options={defaultRoles}
          onChoose={(role) => change.set('default_workspace_role', role)}
        />
        <TextInput
          label="Maximum lifetime of keys (days)"
          description="Older keys, personal keys included, stop working in this organization at once. Empty: keys work until they expire."
          inputMode="numeric"
          readOnly={refused !== null}
          value={values.max_key_days}
          error={problems.max_key_days}
          onChange={(event) => change.set('max_key_days', event.currentTarget.value)}
        />
      </ChangeForm>
    </Section>
  );
}

function checkKeyDays({ max_key_days }: { max_key_days: string }): FieldProblem[] {
  const message = `must be a whole number from 1 to ${maxKeyDays}, or empty for no limit`;
  return findBodyProblems(updateOrganizationRequest, { max_key_days: readLimit(max_key_days) }).map(
    ({ key }) => ({ key, message }),
  );
}
