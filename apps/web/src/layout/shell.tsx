import { Link, Outlet, useMatch } from '@tanstack/react-router';
import classes from './shell.module.css';
import { AccountMenu } from './account-menu.tsx';
import { Keyboard } from '../keyboard/keyboard.tsx';
import { LeftIcon } from '../ui/icons.tsx';
import { LiveMark } from './live-mark.tsx';
import { PaletteButton } from './palette-button.tsx';
import { StaleNotice } from './stale-notice.tsx';
import { useReturnWorkspace } from './use-return-workspace.ts';
import { useStaleSince } from '../live/live-state.ts';
import { WorkspaceSwitcher } from './workspace-switcher.tsx';
import { WorkspaceNavigation } from './workspace-navigation.tsx';
import { ZoneMark, ZoneScope } from './zone-scope.tsx';

/** The frame of every page: switcher, navigation, palette, live state and account menu. */
export function Shell() {
  const workspaceId = useShownWorkspace();
  const returning = useReturnWorkspace(workspaceId === undefined);
  // The palette and the keys of pages outside a workspace are those of the one to return to.
  const paletteOf = workspaceId ?? returning?.id;
  const isStale = useStaleSince() !== null;
  return (
    <div className={classes.shell}>
      <a href="#content" className="skip-link">
        Skip to content
      </a>
      <header className={classes.bar}>
        <WorkspaceSwitcher />
        {workspaceId !== undefined && <WorkspaceNavigation workspaceId={workspaceId} />}
        {returning !== undefined && <ReturnLink workspace={returning} />}
        <div className={classes.end}>
          {paletteOf !== undefined && <PaletteButton />}
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
      {paletteOf !== undefined && <Keyboard workspaceId={paletteOf} />}
    </div>
  );
}

function ReturnLink({ workspace: { id, name } }: { workspace: { id: string; name: string } }) {
  return (
    <Link
      to="/w/$workspaceId"
      params={{ workspaceId: id }}
      className={classes.return}
      title={`Back to ${name}`}
    >
      <LeftIcon />
      <span className={classes.returnText}>Back to {name}</span>
    </Link>
  );
}

/** The workspace of the page; undefined if there is none, or if the user cannot open it. */
function useShownWorkspace(): string | undefined {
  const match = useMatch({ from: '/signed-in/w/$workspaceId', shouldThrow: false });
  return match?.status === 'error' ? undefined : match?.params.workspaceId;
}
