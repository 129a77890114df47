import { Outlet, useParams } from '@tanstack/react-router';
import classes from './shell.module.css';
import { AccountMenu } from './account-menu.tsx';
import { Keyboard } from '../keyboard/keyboard.tsx';
import { LiveMark } from './live-mark.tsx';
import { PaletteButton } from './palette-button.tsx';
import { WorkspaceSwitcher } from './workspace-switcher.tsx';
import { WorkspaceNavigation } from './workspace-navigation.tsx';

/** The frame of every page: switcher, navigation, palette, live state and account menu. */
export function Shell() {
  const { workspaceId } = useParams({ strict: false });
  return (
    <div className={classes.shell}>
      <a href="#content" className="skip-link">
        Skip to content
      </a>
      <header className={classes.bar}>
        <WorkspaceSwitcher />
        {workspaceId !== undefined && <WorkspaceNavigation workspaceId={workspaceId} />}
        <div className={classes.end}>
          {workspaceId !== undefined && <PaletteButton />}
          {workspaceId !== undefined && <LiveMark />}
          <AccountMenu />
        </div>
      </header>
      <main id="content" className={classes.content} tabIndex={-1}>
        <Outlet />
      </main>
      {workspaceId !== undefined && <Keyboard workspaceId={workspaceId} />}
    </div>
  );
}
