import { Link } from '@tanstack/react-router';
import tabs from '../../ui/tab-links.module.css';

/** Tabs for deployments and configurations. */
export function VersionTabs({ workspaceId }: { workspaceId: string }) {
  return (
    <nav className={tabs.tabs} aria-label="Versions">
      <Link to="/w/$workspaceId/deployments" params={{ workspaceId }} className={tabs.tab}>
        Deployments
      </Link>
      <Link to="/w/$workspaceId/configurations" params={{ workspaceId }} className={tabs.tab}>
        Configurations
      </Link>
    </nav>
  );
}
