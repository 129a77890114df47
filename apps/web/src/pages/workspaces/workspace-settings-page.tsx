import { Textarea, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ChangeForm, Outcome } from '../../forms/change-form.tsx';
import { checkName } from '../../forms/names.ts';
import { useChange } from '../../forms/use-change.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { DetailList, Page, Section } from '../../ui/page.tsx';
import { ClockTime } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { ArchiveWorkspace } from './archive-workspace.tsx';

/** General settings of a workspace: name and archiving. */
export function WorkspaceSettingsPage() {
  const { me } = useWorkspace();
  const { workspace, organization } = me;
  return (
    <Page title="General" lead="Name, description and archiving of this workspace.">
      <NameSection />
      <Section title="Details">
        <DetailList
          items={[
            [
              'Workspace ID',
              <span key="id" className="mono">
                {workspace.id} <CopyText text={workspace.id} label="workspace ID" />
              </span>,
            ],
            [
              'Organization',
              <Link
                key="organization"
                to="/organizations/$organizationId"
                params={{ organizationId: organization.id }}
              >
                {organization.name}
              </Link>,
            ],
            ['Your role', me.workspace_role],
            ['Created', <ClockTime key="made" at={workspace.created_at} />],
          ]}
        />
      </Section>
      <ArchiveWorkspace />
    </Page>
  );
}

function NameSection() {
  const { me, params, whyNotChange } = useWorkspace();
  const { workspace } = me;
  const [outcome, setOutcome] = useState<string | null>(null);
  const change = useChange({
    initial: { name: workspace.name, description: workspace.description ?? '' },
    check: checkName,
    send: ({ name, description }) =>
      // A description that is sent belongs to its author, so one that was not edited is left out.
      api.call('update_workspace', {
        params,
        body: {
          name,
          ...(description !== (workspace.description ?? '') && { description: description.trim() || null }),
        },
      }),
    onDone: () => {
      setOutcome('Saved.');
      void fetchAnew(queryClient, ['get_workspace_me', 'list_workspaces', 'get_organization_me']);
    },
  });
  const whyNot = whyNotChange('workspace.update');
  const nothing = change.isChanged ? null : 'No changes to save.';
  return (
    <Section title="Name and description">
      <ChangeForm
        change={change}
        action="Save"
        whyNot={whyNot ?? nothing}
        aside={<Outcome text={change.isChanged ? null : outcome} />}
      >
        <TextInput
          label="Name"
          description={
            workspace.is_playground
              ? 'Playgrounds cannot be renamed.'
              : 'Shown to members and used by the dlthub client.'
          }
          value={change.values.name}
          error={change.problems.name}
          readOnly={whyNot !== null || workspace.is_playground}
          onChange={(event) => change.set('name', event.currentTarget.value)}
        />
        <Textarea
          label="Description"
          description="Optional. Deploys leave it unchanged. Empty: the docstring of __deployment__.py."
          autosize
          minRows={2}
          value={change.values.description}
          error={change.problems.description}
          readOnly={whyNot !== null}
          onChange={(event) => change.set('description', event.currentTarget.value)}
        />
      </ChangeForm>
    </Section>
  );
}
