import type { AppResponse } from '@pumphouse/contract';
import type { ReactNode } from 'react';
import classes from './apps.module.css';
import { describeKind, kindOf, type AppKind } from './app-texts.ts';
import { DashboardIcon, GlobeIcon, McpIcon, NotebookIcon } from '../../ui/icons.tsx';

const icons: Record<AppKind, ReactNode> = {
  notebook: <NotebookIcon />,
  dashboard: <DashboardIcon />,
  mcp: <McpIcon />,
  page: <GlobeIcon />,
  http: <GlobeIcon />,
};

/** Icon and word for the type of an app. */
export function AppKindMark({ app }: { app: AppResponse }) {
  return (
    <span className={classes.kind}>
      {icons[kindOf(app)]}
      {describeKind(app)}
    </span>
  );
}
