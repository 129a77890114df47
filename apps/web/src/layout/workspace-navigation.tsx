import { Link, useMatches } from '@tanstack/react-router';
import classes from './shell.module.css';
import {
  AlertsIcon,
  AppsIcon,
  DatasetsIcon,
  JobsIcon,
  OverviewIcon,
  PipelinesIcon,
  RunsIcon,
  SettingsIcon,
  TimelineIcon,
  VersionsIcon,
} from '../ui/icons.tsx';

const pages = [
  { to: '/w/$workspaceId', word: 'Overview', icon: <OverviewIcon />, isExact: true },
  { to: '/w/$workspaceId/jobs', word: 'Jobs', icon: <JobsIcon />, isExact: false },
  { to: '/w/$workspaceId/runs', word: 'Runs', icon: <RunsIcon />, isExact: false },
  { to: '/w/$workspaceId/timeline', word: 'Timeline', icon: <TimelineIcon />, isExact: false },
  { to: '/w/$workspaceId/pipelines', word: 'Pipelines', icon: <PipelinesIcon />, isExact: false },
  { to: '/w/$workspaceId/datasets', word: 'Datasets', icon: <DatasetsIcon />, isExact: false },
  { to: '/w/$workspaceId/apps', word: 'Apps', icon: <AppsIcon />, isExact: false },
  { to: '/w/$workspaceId/deployments', word: 'Versions', icon: <VersionsIcon />, isExact: false },
  { to: '/w/$workspaceId/alerts', word: 'Alerts', icon: <AlertsIcon />, isExact: false },
  { to: '/w/$workspaceId/settings', word: 'Settings', icon: <SettingsIcon />, isExact: false },
] as const;

/** Main navigation of a workspace. */
export function WorkspaceNavigation({ workspaceId }: { workspaceId: string }) {
  // Configurations belong to Versions, but their URLs are not below `/deployments`.
  const isAtConfigurations = useMatches({
    select: (matches) =>
      matches.some(({ fullPath }) => fullPath.startsWith('/w/$workspaceId/configurations')),
  });
  const isAtDeliveries = useMatches({
    select: (matches) => matches.some(({ fullPath }) => fullPath.startsWith('/w/$workspaceId/alerts/')),
  });
  return (
    <nav className={classes.navigation} aria-label="Workspace">
      {pages.map(({ to, word, icon, isExact }) => (
        <Link
          key={to}
          to={to}
          params={{ workspaceId }}
          className={classes.link}
          activeOptions={{ exact: isExact, includeSearch: false }}
          data-wide={word === 'Timeline'}
          {...(word === 'Versions' && isAtConfigurations && { 'data-status': 'active' })}
          {...(word === 'Alerts' && isAtDeliveries && { 'data-status': 'active' })}
        >
          {icon}
          {word}
        </Link>
      ))}
    </nav>
  );
}
