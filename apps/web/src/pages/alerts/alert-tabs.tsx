import { Link } from '@tanstack/react-router';
import tabs from '../../ui/tab-links.module.css';

/** Tabs for incidents, rules, channels and what they sent. */
export function AlertTabs({ workspaceId }: { workspaceId: string }) {
  return (
    <nav className={tabs.tabs} aria-label="Alerts">
      <Link
        to="/w/$workspaceId/alerts"
        params={{ workspaceId }}
        activeOptions={{ exact: true }}
        className={tabs.tab}
      >
        Incidents
      </Link>
      <Link to="/w/$workspaceId/alerts/rules" params={{ workspaceId }} className={tabs.tab}>
        Rules
      </Link>
      <Link to="/w/$workspaceId/alerts/channels" params={{ workspaceId }} className={tabs.tab}>
        Channels
      </Link>
      <Link to="/w/$workspaceId/alerts/deliveries" params={{ workspaceId }} className={tabs.tab}>
        Deliveries
      </Link>
    </nav>
  );
}
