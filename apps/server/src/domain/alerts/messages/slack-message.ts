import type { AlertMessage } from '../alert-message.ts';
import { describeTitle, severityLabels } from './message-texts.ts';

/** Limits of Block Kit: https://docs.slack.dev/reference/block-kit/blocks */
const maxHeaderLength = 150;
const maxSectionLength = 3000;
const maxFieldLength = 2000;
const maxFields = 10;
const maxButtons = 5;
const maxButtonLength = 75;

type Block = Record<string, unknown>;

/** Builds the body for an incoming webhook of Slack: blocks, and a text for notifications. */
export function buildSlackMessage(message: AlertMessage): object {
  const title = describeTitle(message);
  return {
    text: `${escapeMarkup(title)} (${escapeMarkup(message.workspace.name)})`,
    // Links in the texts of user code are not unfurled.
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(title, maxHeaderLength), emoji: false } },
      buildContext(message),
      ...buildDetails(message),
      ...buildFields(message),
      ...buildButtons(message),
    ],
  };
}

function buildContext({ severity, workspace, occurredAt }: AlertMessage): Block {
  const seconds = Math.floor(Date.parse(occurredAt) / 1000);
  const at = Number.isNaN(seconds) ? '' : ` | <!date^${seconds}^{date_short_pretty} {time}|${occurredAt}>`;
  const text = `*${severityLabels[severity]}* | ${escapeMarkup(workspace.name)}${at}`;
  return { type: 'context', elements: [{ type: 'mrkdwn', text }] };
}

function buildDetails({ details }: AlertMessage): Block[] {
  if (details.length === 0) return [];
  const escaped = details.map(escapeMarkup).join('\n');
  // A code fence in the text would end this one.
  const text = cutEscaped(escaped.replaceAll('```', "'''"), maxSectionLength - 8);
  return [{ type: 'section', text: { type: 'mrkdwn', text: `\`\`\`\n${text}\n\`\`\`` } }];
}

function buildFields({ facts }: AlertMessage): Block[] {
  const blocks: Block[] = [];
  for (let index = 0; index < facts.length; index += maxFields) {
    const fields = facts.slice(index, index + maxFields).map(({ label, value }) => ({
      type: 'mrkdwn',
      text: cutEscaped(
        `*${neutralize(escapeMarkup(label))}*\n${neutralize(escapeMarkup(value)) || '-'}`,
        maxFieldLength,
      ),
    }));
    blocks.push({ type: 'section', fields });
  }
  return blocks;
}

function buildButtons({ links }: AlertMessage): Block[] {
  if (links.length === 0) return [];
  const elements = links.slice(0, maxButtons).map(({ label, url }, index) => ({
    type: 'button',
    text: { type: 'plain_text', text: cut(label || 'Open', maxButtonLength), emoji: false },
    url,
    action_id: `link-${index}`,
    ...(index === 0 && { style: 'primary' }),
  }));
  return [{ type: 'actions', elements }];
}

/** User code cannot mention people or channels, and cannot write links. */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A zero-width space keeps characters from formatting the text around them. */
function neutralize(text: string): string {
  return text.replaceAll(/[*_~`]/g, (mark) => `\u200B${mark}`);
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}

/** Does not cut an entity such as `&amp;` in half. */
function cutEscaped(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength - 1).replace(/&[a-z]*$/, '')}…`;
}
