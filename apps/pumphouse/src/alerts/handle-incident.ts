import type { Session } from '../session/session.ts';
import { readPauseEnd } from './pause-end.ts';

async function paramsOf(session: Session, id: string) {
  return { workspace_id: await session.workspaceId(), incident_id: id };
}

/** Acknowledges an incident, which stops its reminders. */
export async function acknowledge(session: Session, id: string): Promise<void> {
  const params = await paramsOf(session, id);
  const incident = await session.client.call('acknowledge_alert_incident', { params });
  session.show(incident, () => `Acknowledged: ${incident.title}`);
}

/** Sends nothing about an incident for some time. */
export async function snooze(session: Session, id: string, duration: string): Promise<void> {
  const until = readPauseEnd(duration);
  const params = await paramsOf(session, id);
  const incident = await session.client.call('snooze_alert_incident', { params, body: { until } });
  session.show(incident, () => `Snoozed until ${until}: ${incident.title}`);
}

/** Resolves an incident. */
export async function resolve(session: Session, id: string): Promise<void> {
  const params = await paramsOf(session, id);
  const incident = await session.client.call('resolve_alert_incident', { params });
  session.show(incident, () => `Resolved: ${incident.title}`);
}
