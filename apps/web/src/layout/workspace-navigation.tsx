import { Menu } from '@mantine/core';
import { Link, useMatches } from '@tanstack/react-router';
import classes from './shell.module.css';
import { MenuItemLink } from '../ui/links.tsx';
import {
  AlertsIcon,
  AppsIcon,
  DatasetsIcon,
  JobsIcon,
  LineageIcon,
  MoreIcon,
  OverviewIcon,
  PipelinesIcon,
  RunsIcon,
  SettingsIcon,
  TimelineIcon,
  VersionsIcon,
} from '../ui/icons.tsx';

const pages = [
  { to: '/w/$workspaceId', word: 'Overview', icon: <OverviewIcon />, isAlways: true },
  { to: '/w/$workspaceId/jobs', word: 'Jobs', icon: <JobsIcon />, isAlways: true },
  { to: '/w/$workspaceId/runs', word: 'Runs', icon: <RunsIcon />, isAlways: true },
  { to: '/w/$workspaceId/timeline', word: 'Timeline', icon: <TimelineIcon />, isAlways: true },
  { to: '/w/$workspaceId/pipelines', word: 'Pipelines', icon: <PipelinesIcon />, isAlways: false },
  { to: '/w/$workspaceId/datasets', word: 'Datasets', icon: <DatasetsIcon />, isAlways: false },
  { to: '/w/$workspaceId/lineage', word: 'Lineage', icon: <LineageIcon />, isAlways: false },
  { to: '/w/$workspaceId/apps', word: 'Apps', icon: <AppsIcon />, isAlways: false },
  { to: '/w/$workspaceId/deployments', word: 'Versions', icon: <VersionsIcon />, isAlways: false },
  { to: '/w/$workspaceId/alerts', word: 'Alerts', icon: <AlertsIcon />, isAlways: true },
  { to: '/w/$workspaceId/settings', word: 'Settings', icon: <SettingsIcon />, isAlways: false },
] as const;

type PageWord = (typeof pages)[number]['word'];

/** Main navigation of a workspace. A narrow screen has room for some pages; a menu lists the others. */
export function WorkspaceNavigation({ workspaceId }: { workspaceId: string }) {
  const current = useCurrentPage();
  const others = pages.filter(({ isAlways }) => !isAlways);
  return (
    <nav className={classes.navigation} aria-label="Workspace">
      {pages.map(({ to, word, icon, isAlways }) => (
        <Link
          key={to}
          to={to}
          params={{ workspaceId }}
          className={classes.link}
          data-narrow={isAlways ? undefined : 'hidden'}
          activeOptions={{ exact: word === 'Overview', includeSearch: false }}
          {...(word === current && { 'data-status': 'active' })}
        >
          {icon}
          {word}
        </Link>
      ))}
      <Menu position="top-end" withinPortal>
        <Menu.Target>
          <button
            type="button"
            className={`${classes.link} ${classes.more}`}
            data-status={others.some(({ word }) => word === current) ? 'active' : undefined}
          >
            <MoreIcon />
            More
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {others.map(({ to, word, icon }) => (
            <MenuItemLink key={to} to={to} params={{ workspaceId }} leftSection={icon}>
              {word}
            </MenuItemLink>
          ))}
        </Menu.Dropdown>
      </Menu>
    </nav>
  );
}

/** The page of the navigation that the open route belongs to. */
function useCurrentPage(): PageWord | undefined {
  const path = useMatches({ select: (matches) => matches.at(-1)?.fullPath ?? '' });
  // Configurations belong to Versions, but their URLs are not below `/deployments`.
  if (path.startsWith('/w/$workspaceId/configurations')) return 'Versions';
  return pages.find(({ to, word }) => word !== 'Overview' && path.startsWith(to))?.word;
}
