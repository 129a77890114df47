import { Link } from '@tanstack/react-router';
import tabs from '../../look/tab-links.module.css';

/** The two histories of a workspace, side by side. */
export function VersionTabs({ workspaceId }: { workspaceId: string }) {
  return (
    <nav className={tabs.tabs} aria-label="Versions of">
      <Link to="/w/$workspaceId/deployments" params={{ workspaceId }} className={tabs.tab}>
        Deployments
      </Link>
      <Link to="/w/$workspaceId/configurations" params={{ workspaceId }} className={tabs.tab}>
        Configurations
      </Link>
    </nav>
  );
}
