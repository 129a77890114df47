import { Outlet, useMatch } from '@tanstack/react-router';
import classes from './shell.module.css';
import { AccountMenu } from './account-menu.tsx';
import { Keyboard } from '../keyboard/keyboard.tsx';
import { LiveMark } from './live-mark.tsx';
import { PaletteButton } from './palette-button.tsx';
import { StaleNotice } from './stale-notice.tsx';
import { useStaleSince } from '../live/live-state.ts';
import { WorkspaceSwitcher } from './workspace-switcher.tsx';
import { WorkspaceNavigation } from './workspace-navigation.tsx';
import { ZoneMark, ZoneScope } from './zone-scope.tsx';

/** The frame of every page: switcher, navigation, palette, live state and account menu. */
export function Shell() {
  const workspaceId = useShownWorkspace();
  const isStale = useStaleSince() !== null;
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
          <ZoneMark />
          {workspaceId !== undefined && <LiveMark />}
          <AccountMenu />
        </div>
      </header>
      <main id="content" className={classes.content} data-stale={isStale || undefined} tabIndex={-1}>
        <ZoneScope>
          <StaleNotice />
          <Outlet />
        </ZoneScope>
      </main>
      {workspaceId !== undefined && <Keyboard workspaceId={workspaceId} />}
    </div>
  );
}

/** The workspace of the page; undefined if there is none, or if the user cannot open it. */
function useShownWorkspace(): string | undefined {
  const match = useMatch({ from: '/signed-in/w/$workspaceId', shouldThrow: false });
  return match?.status === 'error' ? undefined : match?.params.workspaceId;
}
