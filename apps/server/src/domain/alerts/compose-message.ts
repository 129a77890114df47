import type { AlertMessage } from './alert-message.ts';
import type { NotificationKind } from './decide-notification.ts';
import type { IncidentText } from './incident-text.ts';
import { createConsolePaths, formatSeconds } from './incident-text.ts';

/** An incident that a message is about. */
export interface MessageIncident extends IncidentText {
  id: string;
  firstAt: Date;
  lastAt: Date;
  resolvedAt: Date | null;
  resolution: string | null;
  occurrenceCount: number;
}

export interface MessageContext {
  kind: NotificationKind;
  /** Identifies the incidents for receivers: the first one of those that are reported together. */
  incidentId: string;
  ruleName: string;
  severity: AlertMessage['severity'];
  workspace: { id: string; name: string };
  publicUrl: string;
  now: Date;
}

/** Titles of incidents that one message lists. */
const maxListed = 15;
const maxLinks = 5;

/** Composes the message about one incident, or about several of one rule. */
export function composeMessage(
  incidents: readonly [MessageIncident, ...MessageIncident[]],
  context: MessageContext,
): AlertMessage {
  const [first] = incidents;
  const { kind, incidentId, severity, workspace } = context;
  const content = incidents.length === 1 ? describeOne(first, context) : describeMany(incidents, context);
  const latest = Math.max(...incidents.map((each) => (each.resolvedAt ?? each.lastAt).getTime()));
  const occurredAt = new Date(kind === 'resolved' ? latest : first.firstAt.getTime()).toISOString();
  return { kind, incidentId, severity, workspace, ...content, occurredAt };
}

type Content = Pick<AlertMessage, 'title' | 'details' | 'facts' | 'links'>;

function describeOne(incident: MessageIncident, context: MessageContext): Content {
  const { kind, ruleName, now } = context;
  const age = formatSeconds(((incident.resolvedAt ?? now).getTime() - incident.firstAt.getTime()) / 1000);
  const facts = [
    ...(hasConditions(kind) ? incident.facts : []),
    ...(kind === 'opened' ? [] : [{ label: 'Open for', value: age }]),
    ...(incident.occurrenceCount > 1
      ? [{ label: 'Occurrences', value: String(incident.occurrenceCount) }]
      : []),
    { label: 'Rule', value: ruleName },
  ];
  return {
    title: incident.title,
    details: describeState(incident, kind),
    facts,
    links: toLinks([...incident.links, ...alertsPage(context)], context.publicUrl),
  };
}

function describeState({ details, resolution }: MessageIncident, kind: NotificationKind): readonly string[] {
  if (kind === 'resolved') return [resolution ?? 'The condition ended.'];
  return hasConditions(kind) ? details : ['A member acknowledged the incident.'];
}

/** Whether a message describes the problem, and not only how its state changed. */
const hasConditions = (kind: NotificationKind) => kind === 'opened' || kind === 'reminder';

function describeMany(incidents: readonly MessageIncident[], context: MessageContext): Content {
  const { ruleName } = context;
  const listed = incidents.slice(0, maxListed).map(({ title }) => `- ${title}`);
  const rest = incidents.length - listed.length;
  const main = incidents.slice(0, maxLinks).flatMap(({ title, links: [link] }) => {
    return link ? [{ label: title, path: link.path }] : [];
  });
  return {
    title: `${incidents.length} incidents of the rule "${ruleName}"`,
    details: rest > 0 ? [...listed, `and ${rest} more`] : listed,
    facts: [
      { label: 'Incidents', value: String(incidents.length) },
      { label: 'Rule', value: ruleName },
    ],
    links: toLinks([...alertsPage(context), ...main], context.publicUrl),
  };
}

function alertsPage({ workspace }: MessageContext) {
  return [createConsolePaths(workspace.id).alerts()];
}

function toLinks(links: IncidentText['links'], publicUrl: string): AlertMessage['links'] {
  const base = publicUrl.replace(/\/+$/, '');
  return links.map(({ label, path }) => ({ label, url: `${base}${path}` }));
}
