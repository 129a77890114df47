import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findByName } from '../session/find-by-name.ts';
import type { Session } from '../session/session.ts';

/**
 * Finds an event subscription of the workspace by its name or id.
 * @throws CommandError event_subscription_not_found
 */
export async function findSubscription(session: Session, name: string) {
  const params = { workspace_id: await session.workspaceId() };
  const { subscriptions } = await session.client.call('list_event_subscriptions', { params });
  const subscription = findByName(subscriptions, name);
  if (subscription) return { subscription, params: { ...params, subscription_id: subscription.id } };
  throw new CommandError(`There is no event subscription ${name}.`, {
    code: 'event_subscription_not_found',
    exitCode: exitCodes.notFound,
    nextStep: 'pumphouse events list shows the subscriptions.',
  });
}
