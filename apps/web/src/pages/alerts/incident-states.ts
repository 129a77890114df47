import type { AlertIncidentResponse, AlertRuleResponse } from '@pumphouse/contract';
import type { StateAppearance } from '../../ui/run-states.ts';

const states: Record<string, StateAppearance> = {
  open: { word: 'Open', glyph: '●', colour: 'failed' },
  acknowledged: { word: 'Acknowledged', glyph: '◐', colour: 'pending' },
  snoozed: { word: 'Snoozed', glyph: '◌', colour: 'pending' },
  resolved: { word: 'Resolved', glyph: '✓', colour: 'completed' },
};

/** How the state of an incident is displayed. */
export function incidentAppearance({ state }: Pick<AlertIncidentResponse, 'state'>): StateAppearance {
  return states[state] ?? { word: state, glyph: '?', colour: 'cancelled' };
}

const severities: Record<string, StateAppearance> = {
  critical: { word: 'Critical', glyph: '▲', colour: 'failed' },
  warning: { word: 'Warning', glyph: '△', colour: 'pending' },
  info: { word: 'Info', glyph: '○', colour: 'running' },
};

/** How a severity is displayed. */
export function severityAppearance(severity: string): StateAppearance {
  return severities[severity] ?? { word: severity, glyph: '?', colour: 'cancelled' };
}

/** What a rule covers, such as `jobs.sales.*, tag nightly`. */
export function describeScope({ scope }: Pick<AlertRuleResponse, 'scope'>): string {
  const { job_ids: ids, job_patterns: patterns, tags, pipeline_names: pipelines } = scope;
  const parts = [
    ...(ids.length > 0 ? [ids.length === 1 ? '1 job' : `${ids.length} jobs`] : []),
    ...patterns,
    ...tags.map((tag) => `tag ${tag}`),
    ...pipelines.map((name) => `pipeline ${name}`),
  ];
  return parts.length === 0 ? 'all jobs' : parts.join(', ');
}

const hourMs = 3_600_000;

/** Choices of how long something is muted or snoozed. */
export const pauseChoices = [
  { label: '1 hour', hours: 1 },
  { label: '4 hours', hours: 4 },
  { label: '1 day', hours: 24 },
  { label: '1 week', hours: 168 },
] as const;

export function pauseEnd(hours: number, now = Date.now()): string {
  return new Date(now + hours * hourMs).toISOString();
}
