import { Menu } from '@mantine/core';
import { useQueries, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import classes from './shell.module.css';
import { apiBaseUrl } from '../api/base-url.ts';
import { DownIcon } from '../look/icons.tsx';
import { operation } from '../api/operation.ts';

/** Where one is, and the way to one's other workspaces and organizations. */
export function PlaceMenu() {
  const { data: me } = useSuspenseQuery(operation('get_me'));
  const { workspaceId, organizationId } = useParams({ strict: false });
  const organizations = (me.organization_memberships ?? []).map(({ organization }) => organization);
  const lists = useQueries({
    queries: organizations.map(({ id }) => operation('list_workspaces', { params: { organization_id: id } })),
  });
  const workspaces = lists.flatMap(({ data }) => data?.items ?? []).filter((each) => !each.archived_at);
  const current =
    workspaces.find(({ id }) => id === workspaceId)?.name ??
    organizations.find(({ id }) => id === organizationId)?.name ??
    'Pumphouse';
  return (
    <Menu position="bottom-start" withinPortal>
      <Menu.Target>
        <button type="button" className={classes.place} aria-label={`${current}: go to another workspace`}>
          <img src={`${apiBaseUrl}/sign-in/icon.svg`} alt="" width="22" height="22" />
          <span className={classes.placeName}>{current}</span>
          <DownIcon />
        </button>
      </Menu.Target>
      <Menu.Dropdown mah="80vh" style={{ overflowY: 'auto' }}>
        {organizations.map((organization) => (
          <div key={organization.id}>
            <Menu.Label>{organization.name}</Menu.Label>
            {workspaces
              .filter((each) => each.organization_id === organization.id)
              .map((each) => (
                <Menu.Item
                  key={each.id}
                  component={Link}
                  to="/w/$workspaceId"
                  params={{ workspaceId: each.id } as never}
                >
                  {each.name}
                </Menu.Item>
              ))}
            <Menu.Item
              component={Link}
              to="/organizations/$organizationId"
              params={{ organizationId: organization.id } as never}
            >
              <span className="quiet">All of {organization.name}</span>
            </Menu.Item>
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
