import { Link } from '@tanstack/react-router';
import tabs from '../../ui/tab-links.module.css';

/** Tabs for channels and what they sent. */
export function AlertTabs({ workspaceId }: { workspaceId: string }) {
  return (
    <nav className={tabs.tabs} aria-label="Alerts">
      <Link to="/w/$workspaceId/alerts/channels" params={{ workspaceId }} className={tabs.tab}>
        Channels
      </Link>
      <Link to="/w/$workspaceId/alerts/deliveries" params={{ workspaceId }} className={tabs.tab}>
        Deliveries
      </Link>
    </nav>
  );
}
