import { useQuery } from '@tanstack/react-query';
import { Empty } from '../../ui/answers.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { workspaceAccess } from '../../workspace/use-people.ts';

/**
 * Replaces a workspace settings page that the user may not see. Shows the required role and the owners to
 * ask.
 */
export function RefusedPage({ title, reason }: { title: string; reason: string }) {
  const workspace = useWorkspace();
  const { data } = useQuery(workspaceAccess(workspace.id));
  const owners = data?.items.filter(({ kind, role }) => kind === 'human' && role === 'owner') ?? [];
  return (
    <Page title={title}>
      <Section title="No access">
        <Empty title={reason}>
          Your role: {workspace.me.workspace_role}.
          {owners.length > 0 && ` Owners: ${owners.map(({ email }) => email).join(', ')}.`}
        </Empty>
      </Section>
    </Page>
  );
}

/** Like `RefusedPage`, for an organization. */
export function RefusedOrganizationPage({
  title,
  reason,
  role,
}: Record<'title' | 'reason' | 'role', string>) {
  return (
    <Page title={title}>
      <Section title="No access">
        <Empty title={reason}>Your role: {role}. Ask an owner of the organization.</Empty>
      </Section>
    </Page>
  );
}
