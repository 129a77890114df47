import {
  readAddress,
  readTargetOptions,
  reportTarget,
  showFirstSecret,
  showReplacedSecret,
  type TargetOptions,
} from '../deliveries/change-target.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { findSubscription } from './find-subscription.ts';

/** Absent options leave a subscription as it is. */
export interface SubscriptionOptions {
  type?: string[];
  job?: string[];
  tag?: string[];
  pipeline?: string[];
  description?: string;
}

export interface ChangeSubscriptionOptions extends SubscriptionOptions, TargetOptions {
  replaceUrl?: boolean;
}

/** Creates a subscription, by default for all events. Only the signing secret goes to standard output. */
export async function createSubscription(
  session: Session,
  name: string,
  options: SubscriptionOptions,
): Promise<void> {
  const params = { workspace_id: await session.workspaceId() };
  const body = { name, event_types: ['*'], ...readContent(options), url: await readAddress(session, 'URL') };
  const created = await session.client.call('create_event_subscription', { params, body });
  showFirstSecret(session, created);
}

export async function updateSubscription(
  session: Session,
  current: string,
  { replaceUrl = false, ...options }: ChangeSubscriptionOptions,
): Promise<void> {
  const { params } = await findSubscription(session, current);
  const body = {
    ...readTargetOptions(options),
    ...readContent(options),
    ...(replaceUrl && { url: await readAddress(session, 'URL') }),
  };
  const changed = await session.client.call('update_event_subscription', { params, body });
  reportTarget(session, changed);
}

/** Replaces the signing secret. Only the new one goes to standard output. */
export async function replaceSecret(
  session: Session,
  name: string,
  { overlapHours }: { overlapHours: string },
): Promise<void> {
  const { params } = await findSubscription(session, name);
  const body = { overlap_hours: Number(overlapHours) };
  const replaced = await session.client.call('replace_event_subscription_secret', { params, body });
  showReplacedSecret(session, replaced);
}

/** Deletes a subscription after a question. */
export async function deleteSubscription(
  session: Session,
  name: string,
  { yes = false }: { yes?: boolean },
): Promise<void> {
  const { subscription, params } = await findSubscription(session, name);
  const question = `Delete ${subscription.name} with its delivery log? Its waiting events are not sent.`;
  await confirm(session.terminal, question, { isConfirmed: yes });
  await session.client.call('delete_event_subscription', { params });
  report(session, subscription, `Deleted ${subscription.name}.`);
}

function readContent({ type, job, tag, pipeline, description }: SubscriptionOptions) {
  const isScoped = job !== undefined || tag !== undefined || pipeline !== undefined;
  const scope = { job_patterns: job ?? [], tags: tag ?? [], pipeline_names: pipeline ?? [] };
  return {
    ...(type && { event_types: type }),
    ...(description !== undefined && { description }),
    ...(isScoped && { scope }),
  };
}
