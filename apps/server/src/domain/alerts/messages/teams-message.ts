import type { AlertMessage } from '../alert-message.ts';
import { describeTitle, severityLabels } from './message-texts.ts';

/** Colors of Adaptive Cards. */
const colors = { info: 'Accent', warning: 'Warning', critical: 'Attention' } as const;
/** More actions are hidden by Teams. */
const maxActions = 6;
/** Teams rejects messages above 28 KB. */
const maxDetailsLength = 6000;

/**
 * Builds the body for a workflow of Teams ("When a Teams webhook request is received"): a message with an
 * Adaptive Card.
 */
export function buildTeamsMessage(message: AlertMessage): object {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: buildCard(message),
      },
    ],
  };
}

function buildCard(message: AlertMessage): object {
  const { kind, severity, workspace, details, facts, links, occurredAt } = message;
  const title = {
    ...buildText(describeTitle(message)),
    size: 'Large',
    weight: 'Bolder',
    color: kind === 'resolved' ? 'Good' : colors[severity],
  };
  const rows = [
    { title: 'Severity', value: severityLabels[severity] },
    { title: 'Workspace', value: escapeMarkdown(workspace.name) },
    ...facts.map(({ label, value }) => ({ title: escapeMarkdown(label), value: escapeMarkdown(value) })),
    { title: 'Time', value: occurredAt },
  ];
  const text = details.join('\n').slice(0, maxDetailsLength);
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      title,
      ...(text === '' ? [] : [{ ...buildText(text), fontType: 'Monospace' }]),
      { type: 'FactSet', facts: rows },
    ],
    ...(links.length > 0 && {
      actions: links.slice(0, maxActions).map(({ label, url }) => ({
        type: 'Action.OpenUrl',
        title: label || 'Open',
        url,
      })),
    }),
  };
}

function buildText(text: string): { type: 'TextBlock'; text: string; wrap: true } {
  return { type: 'TextBlock', text: escapeMarkdown(text), wrap: true };
}

/** User code cannot write links or mentions. Lines stay lines. */
function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]()#+!|~<>]/g, (mark) => `\\${mark}`)
    .replaceAll(/^(\s*)([-\d.]+)(\s)/gm, '$1\u200B$2$3')
    .replaceAll('\n', '\n\n');
}
