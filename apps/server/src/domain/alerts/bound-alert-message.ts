import type { AlertMessage } from './alert-message.ts';
import { boundText } from '../primitives/bound-text.ts';

const maxTitleLength = 250;
const maxDetails = 20;
const maxDetailLength = 500;
const maxFields = 20;
const maxLabelLength = 80;
const maxValueLength = 300;
const maxLinks = 8;
const maxUrlLength = 2000;

/**
 * Shortens the texts of a message and removes control characters, so that every channel can send it. Links
 * that are not http(s) URLs are left out.
 */
export function boundAlertMessage(message: AlertMessage): AlertMessage {
  const { workspace } = message;
  return {
    ...message,
    workspace: { ...workspace, name: boundText(workspace.name, maxLabelLength) },
    title: boundText(message.title, maxTitleLength),
    details: message.details.slice(0, maxDetails).map((line) => boundText(line, maxDetailLength)),
    facts: message.facts.slice(0, maxFields).map(({ label, value }) => ({
      label: boundText(label, maxLabelLength),
      value: boundText(value, maxValueLength),
    })),
    links: message.links
      .filter(({ url }) => isWebUrl(url))
      .slice(0, maxLinks)
      .map(({ label, url }) => ({ label: boundText(label, maxLabelLength), url })),
  };
}

function isWebUrl(url: string): boolean {
  if (url.length > maxUrlLength || !URL.canParse(url)) return false;
  return ['http:', 'https:'].includes(new URL(url).protocol);
}
