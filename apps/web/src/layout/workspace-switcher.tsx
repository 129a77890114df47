import { Menu } from '@mantine/core';
import { useQueries, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import classes from './shell.module.css';
import { apiBaseUrl } from '../api/base-url.ts';
import { describeHealth } from '../details/workspace-health.ts';
import { DownIcon } from '../ui/icons.tsx';
import { MenuItemLink } from '../ui/links.tsx';
import { operation } from '../api/operation.ts';
import { State } from '../ui/state.tsx';
import type { StateAppearance } from '../ui/run-states.ts';

/** Shows the current workspace or organization and switches to another. */
export function WorkspaceSwitcher() {
  const { data: me } = useSuspenseQuery(operation('get_me'));
  const { workspaceId, organizationId } = useParams({ strict: false });
  const organizations = (me.organization_memberships ?? []).map(({ organization }) => organization);
  const [isOpen, setOpen] = useState(false);
  const { data: health } = useQuery({ ...operation('list_workspace_health'), ...whileOpen(isOpen) });
  const healthOf = new Map(health?.items.map((each) => [each.workspace_id, describeHealth(each)]));
  const lists = useQueries({
    queries: organizations.map(({ id }) => operation('list_workspaces', { params: { organization_id: id } })),
  });
  const workspaces = lists.flatMap(({ data }) => data?.items ?? []).filter((each) => !each.archived_at);
  const current =
    workspaces.find(({ id }) => id === workspaceId)?.name ??
    organizations.find(({ id }) => id === organizationId)?.name ??
    'Pumphouse';
  return (
    <Menu position="bottom-start" withinPortal onChange={setOpen}>
      <Menu.Target>
        <button type="button" className={classes.scope} aria-label={`${current}: switch workspace`}>
          <img src={`${apiBaseUrl}/sign-in/icon.svg`} alt="" width="22" height="22" />
          <span className={classes.scopeName}>{current}</span>
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
                <MenuItemLink key={each.id} to="/w/$workspaceId" params={{ workspaceId: each.id }}>
                  <WorkspaceEntry name={each.name} health={healthOf.get(each.id)} />
                </MenuItemLink>
              ))}
            <MenuItemLink to="/organizations/$organizationId" params={{ organizationId: organization.id }}>
              <span className="quiet">All workspaces of {organization.name}</span>
            </MenuItemLink>
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/**
 * Events cover only the workspace of the page, so the health of the others is polled while the menu is open.
 */
const whileOpen = (isOpen: boolean) => ({
  enabled: isOpen,
  staleTime: 0,
  refetchInterval: isOpen ? 10_000 : (false as const),
});

function WorkspaceEntry({ name, health }: { name: string; health: StateAppearance | undefined }) {
  return (
    <span className={classes.entry}>
      <span className={classes.entryName} title={name}>
        {name}
      </span>
      {health !== undefined && <State look={health} />}
    </span>
  );
}
