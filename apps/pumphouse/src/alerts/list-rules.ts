import type { AlertRuleResponse } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';
import { formatTable } from '../terminal/table.ts';

/** Lists the alert rules of the workspace. */
export async function listRules(session: Session): Promise<void> {
  const { terminal } = session;
  const params = { workspace_id: await session.workspaceId() };
  const { rules } = await session.client.call('list_alert_rules', { params });
  session.show(rules, () => {
    if (rules.length === 0)
      return 'There are no alert rules. Create one: pumphouse alert rules create NAME --kind run_failed';
    return formatTable(
      rules,
      [
        { title: 'NAME', text: ({ name }: AlertRuleResponse) => name },
        { title: 'KIND', text: ({ kind }) => kind },
        { title: 'SEVERITY', text: ({ severity }) => severity },
        { title: 'STATE', text: describeState },
        { title: 'OPEN', text: ({ open_incident_count: count }) => String(count), dropOrder: 2 },
        { title: 'ID', text: ({ id }) => id, dropOrder: 1 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
}

function describeState({ is_enabled: isEnabled, is_muted: isMuted }: AlertRuleResponse): string {
  if (!isEnabled) return 'disabled';
  return isMuted ? 'muted' : 'enabled';
}
