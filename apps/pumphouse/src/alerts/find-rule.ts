import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findByName } from '../session/find-by-name.ts';
import type { Session } from '../session/session.ts';

/**
 * Finds a rule of the workspace by its name or id.
 * @throws CommandError alert_rule_not_found
 */
export async function findRule(session: Session, name: string) {
  const params = { workspace_id: await session.workspaceId() };
  const { rules } = await session.client.call('list_alert_rules', { params });
  const rule = findByName(rules, name);
  if (rule) return { rule, params: { ...params, rule_id: rule.id } };
  throw new CommandError(`There is no alert rule ${name}.`, {
    code: 'alert_rule_not_found',
    exitCode: exitCodes.notFound,
    nextStep: 'pumphouse alert rules list shows the rules.',
  });
}
