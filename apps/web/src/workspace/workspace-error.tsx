import { useQuery } from '@tanstack/react-query';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { classifyError } from '../api/error-kind.ts';
import { Empty } from '../ui/answers.tsx';
import { operation } from '../api/operation.ts';
import { organizationMe } from './use-organization.ts';
import { Page } from '../ui/page.tsx';
import { PageError } from '../layout/page-states.tsx';
import { SignedInAs } from '../layout/signed-in-as.tsx';

/** Replaces a workspace that does not exist, or that the user is no member of: the server does not tell which. */
export function WorkspaceError(props: ErrorComponentProps) {
  if (classifyError(props.error) !== 'not-found') return <PageError {...props} />;
  return (
    <Page title="Unknown workspace">
      <Empty title="This workspace does not exist, or you are not a member">
        <p>
          <SignedInAs /> A member can give you access in the settings of the workspace.
        </p>
        <OwnWorkspaces />
      </Empty>
    </Page>
  );
}

function OwnWorkspaces() {
  const { data: me } = useQuery(operation('get_me'));
  const organizationId = me?.latest_organization.id ?? '';
  const { data } = useQuery({ ...organizationMe(organizationId), enabled: organizationId !== '' });
  const own = (data?.workspace_memberships ?? [])
    .map(({ workspace }) => workspace)
    .filter((each) => !each.archived_at);
  if (own.length === 0) return null;
  return (
    <p>
      Your workspaces:{' '}
      {own.map(({ id, name }, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <Link to="/w/$workspaceId" params={{ workspaceId: id }}>
            {name}
          </Link>
        </span>
      ))}
    </p>
  );
}
