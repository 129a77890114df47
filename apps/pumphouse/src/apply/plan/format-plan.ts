import type { Tone } from '../../terminal/terminal.ts';
import { SecretValue, type Attribute, type KindName } from '../entries/entry.ts';
import type { Change } from './change.ts';

/** Colours text by its meaning. */
type Paint = (tone: Tone, text: string) => string;

const nouns: Record<KindName, string> = {
  organization: 'organization',
  cost_rates: 'cost rates',
  workspace: 'workspace',
  workspace_member: 'workspace member',
  member: 'member',
  invitation: 'invitation',
  variable: 'variable',
  alert_channel: 'alert channel',
  alert_rule: 'alert rule',
  event_subscription: 'event subscription',
};

const signs = {
  create: ['+', 'good'],
  update: ['~', 'warning'],
  remove: ['-', 'bad'],
} as const;

/** A change in one line, such as `alert rule Shop > orders > failed`. */
export function nameChange({ kind, path }: Pick<Change, 'kind' | 'path'>): string {
  return `${nouns[kind]} ${path.filter((part) => part !== '').join(' > ')}`;
}

/** A plan as text: each change with its attributes, before and after. Secrets are never part of it. */
export function formatPlan({ changes }: { changes: readonly Change[] }, paint: Paint): string {
  if (changes.length === 0) return 'No changes. The server matches the file.';
  const blocks = changes.map((change) => {
    const [sign, tone] = signs[change.action];
    const lines = listAttributes(change).map(({ name, before, after }) =>
      change.action === 'update'
        ? `      ${name}: ${formatAttribute(before)} -> ${formatAttribute(after)}`
        : `      ${name}: ${formatAttribute(after)}`,
    );
    return [paint(tone, `  ${sign} ${nameChange(change)}`), ...lines].join('\n');
  });
  return `${blocks.join('\n')}\n\n${summarize(changes)}`;
}

/** How many changes there are, such as `2 to create, 1 to change, 0 to remove.` */
function summarize(changes: readonly Change[]): string {
  const { create, update, remove } = countChanges(changes);
  return `Plan: ${create} to create, ${update} to change, ${remove} to remove.`;
}

/** Counts changes by their action. */
export function countChanges(changes: readonly Change[]): Record<Change['action'], number> {
  const count = (action: Change['action']) => changes.filter((change) => change.action === action).length;
  return { create: count('create'), update: count('update'), remove: count('remove') };
}

/** Returns a change as JSON. Secrets are shown by their references. */
export function describeChange(change: Change) {
  const { action, kind, path } = change;
  return {
    action,
    kind,
    path,
    attributes: listAttributes(change).map(({ name, before, after }) => ({
      name,
      before: describeAttribute(before),
      after: describeAttribute(after),
    })),
  };
}

/** A new workspace is not archived, so a creation does not list that. */
function listAttributes({ action, attributes }: Change) {
  return attributes.filter(({ name, after }) => action !== 'create' || name !== 'archived' || after === true);
}

function describeAttribute(value: Attribute | undefined): unknown {
  if (value instanceof SecretValue) return { secret: value.reference };
  return value ?? null;
}

function formatAttribute(value: Attribute | undefined): string {
  if (value === undefined) return '(not set)';
  if (value instanceof SecretValue)
    return value.reference === null ? '(secret)' : `(secret from ${value.reference})`;
  return JSON.stringify(value);
}
