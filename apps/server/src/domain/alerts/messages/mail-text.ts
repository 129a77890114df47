import type { AlertMessage } from '../alert-message.ts';
import { describeTitle, severityLabels } from './message-texts.ts';

/** Builds subject and text of a mail. */
export function buildAlertMail(message: AlertMessage): { subject: string; text: string } {
  const { severity, workspace, details, facts, links, occurredAt } = message;
  const title = describeTitle(message);
  const about = [
    `Severity: ${severityLabels[severity]}`,
    `Workspace: ${workspace.name}`,
    `Time: ${occurredAt}`,
    ...facts.map(({ label, value }) => `${label}: ${value}`),
  ];
  const parts = [
    [title],
    about,
    details,
    links.map(({ label, url }) => `${label}: ${url}`),
    [`You get this mail from an alert channel of the workspace ${workspace.name} on Pumphouse.`],
  ];
  return {
    subject: `[${workspace.name}] ${title}`,
    text: `${parts
      .filter((part) => part.length > 0)
      .map((part) => part.join('\n'))
      .join('\n\n')}\n`,
  };
}
