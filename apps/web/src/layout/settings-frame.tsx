import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useMatches, useRouter } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { operation } from '../api/operation.ts';
import classes from './settings-frame.module.css';
import {
  linkAccountPages,
  linkInstallationPages,
  linkOrganizationPages,
  linkWorkspacePages,
  type SettingsPage,
} from './settings-tree.ts';
import { useSettingsScopes } from './use-settings-scopes.ts';

interface Group {
  title: string;
  /** Kind of resource that the title names. */
  of: string;
  pages: readonly SettingsPage[];
}

/** A settings page next to the settings navigation; on narrow screens below a select. */
export function SettingsFrame({ children }: { children: ReactNode }) {
  const groups = useGroups();
  return (
    <div className={classes.frame}>
      <nav className={classes.side} aria-label="Settings">
        {groups.map((group) => (
          <div key={group.of}>
            <div className={classes.group}>
              <span className={classes.of}>{group.of}</span>
              <span className={classes.title}>{group.title}</span>
            </div>
            <ul className={classes.list}>
              {group.pages.map(({ link, label }) => (
                <li key={link.to}>
                  <Link
                    {...link}
                    className={classes.link}
                    activeOptions={{ exact: true, includeSearch: false }}
                  >
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <NarrowChoice groups={groups} />
      <div className={classes.page}>{children}</div>
    </div>
  );
}

function NarrowChoice({ groups }: { groups: Group[] }) {
  const router = useRouter();
  const current = useMatches({ select: (matches) => matches.at(-1)?.fullPath ?? '' });
  const go = (to: string) => {
    const page = groups.flatMap(({ pages }) => pages).find(({ link }) => link.to === to);
    if (page) void router.navigate(page.link);
  };
  return (
    <NativeSelect
      className={classes.narrow ?? ''}
      label="Settings"
      value={current.replace(/\/$/, '')}
      onChange={(event) => go(event.currentTarget.value)}
      data={groups.map(({ title, of, pages }) => ({
        group: `${of} ${title}`,
        items: pages.map(({ link, label }) => ({ value: link.to, label })),
      }))}
    />
  );
}

function useGroups(): Group[] {
  const { workspace, organization, email } = useSettingsScopes();
  // Does not delay the page: the group appears when the answer arrives.
  const { data: access } = useQuery(operation('get_installation_access'));
  const ownsInstallation = access?.is_installation_owner === true;
  const ofWorkspace = workspace && {
    of: 'Workspace',
    title: workspace.name,
    pages: linkWorkspacePages(workspace.id),
  };
  return [
    ...(ofWorkspace ? [ofWorkspace] : []),
    {
      of: 'Organization',
      title: organization.name,
      pages: linkOrganizationPages(organization.id),
    },
    { of: 'Account', title: email, pages: linkAccountPages() },
    ...(ownsInstallation
      ? [{ of: 'Installation', title: location.host, pages: linkInstallationPages() }]
      : []),
  ];
}
