import { useQuery } from '@tanstack/react-query';
import { Empty } from '../../look/answers.tsx';
import { Page, Section } from '../../look/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { workspaceAccess } from '../../workspace/use-people.ts';

/** In place of a page of the workspace's settings that is not the person's: whose it is, and who can give it to them. */
export function RefusedPage({ title, reason }: { title: string; reason: string }) {
  const workspace = useWorkspace();
  const { data } = useQuery(workspaceAccess(workspace.id));
  const owners = data?.items.filter(({ kind, role }) => kind === 'human' && role === 'owner') ?? [];
  return (
    <Page title={title}>
      <Section title="No access">
        <Empty title={reason}>
          You are {workspace.me.workspace_role} here.
          {owners.length > 0 && ` Owners: ${owners.map(({ email }) => email).join(', ')}.`}
        </Empty>
      </Section>
    </Page>
  );
}

/** The same, of an organization. */
export function RefusedOrganizationPage({
  title,
  reason,
  role,
}: Record<'title' | 'reason' | 'role', string>) {
  return (
    <Page title={title}>
      <Section title="No access">
        <Empty title={reason}>You are {role} of the organization. Ask one of its owners.</Empty>
      </Section>
    </Page>
  );
}
