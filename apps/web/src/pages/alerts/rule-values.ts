import type { AlertKind, AlertRuleRequest, AlertRuleResponse, AlertSeverity } from '@pumphouse/contract';

/** Kinds in the order of the editor, with what they watch for. */
export const ruleKinds = [
  { value: 'run_failed', label: 'Run failed', lead: 'A run of a job fails. Resolves when the job succeeds.' },
  { value: 'recovered', label: 'Job recovered', lead: 'A job succeeds after it failed.' },
  {
    value: 'backfill_failed',
    label: 'Backfill failed',
    lead: 'Windows of a backfill fail, or it is paused. Resolves when it completes.',
  },
  { value: 'backfill_finished', label: 'Backfill finished', lead: 'All windows of a backfill are loaded.' },
  { value: 'run_succeeded', label: 'Run succeeded', lead: 'A run of a job succeeds.' },
  { value: 'late', label: 'Scheduled run is late', lead: 'A scheduled run has not started in time.' },
  {
    value: 'running_long',
    label: 'Run takes longer than usual',
    lead: 'Compared with the median of its last runs.',
  },
  {
    value: 'stuck_waiting',
    label: 'Run waits too long',
    lead: 'A run waits for a slot, a worker or local data.',
  },
  { value: 'no_output', label: 'Run prints nothing', lead: 'An active run is silent and may hang.' },
  {
    value: 'zero_rows',
    label: 'No rows loaded',
    lead: 'A pipeline loads nothing where it used to load rows.',
  },
  {
    value: 'row_count_off',
    label: 'Unusual number of rows',
    lead: 'Far from the median of its last 30 runs.',
  },
  {
    value: 'schema_changed',
    label: 'Schema changed',
    lead: 'Tables or columns changed, or data broke a contract.',
  },
  {
    value: 'freshness_missed',
    label: 'Data is not fresh',
    lead: 'Two scheduled starts passed without new data.',
  },
  {
    value: 'check_failed',
    label: 'Check failed',
    lead: 'Loaded data is not what the configuration expects.',
  },
  {
    value: 'limits_near_end',
    label: 'Run minutes are nearly used up',
    lead: 'Of the organization, in this month.',
  },
  {
    value: 'storage_near_limit',
    label: 'Storage is near its limit',
    lead: 'Stored data nears a size of retention.',
  },
  { value: 'ticks_behind', label: 'Scheduler is behind', lead: 'Ticks of the installation are not decided.' },
] as const satisfies readonly { value: AlertKind; label: string; lead: string }[];

/** The label of a kind; its name if a newer server sends one that this console does not know. */
export function labelOfKind(kind: string): string {
  return ruleKinds.find(({ value }) => value === kind)?.label ?? kind;
}

type NumberField = 'failures_in_row' | 'after_minutes' | 'times_usual' | 'deviations' | 'percent';

/** The numbers that a kind asks for, with their defaults; an empty text uses the default. */
export const numberFields: Partial<
  Record<AlertKind, readonly { field: NumberField; label: string; placeholder: string }[]>
> = {
  run_failed: [{ field: 'failures_in_row', label: 'Failures in a row', placeholder: '1' }],
  late: [{ field: 'after_minutes', label: 'Late by (minutes)', placeholder: '10' }],
  running_long: [
    { field: 'times_usual', label: 'Times the usual duration', placeholder: '3' },
    { field: 'after_minutes', label: 'Or longer than (minutes)', placeholder: 'no fixed limit' },
  ],
  stuck_waiting: [{ field: 'after_minutes', label: 'Waiting for (minutes)', placeholder: '15' }],
  no_output: [{ field: 'after_minutes', label: 'Silent for (minutes)', placeholder: '60' }],
  row_count_off: [{ field: 'deviations', label: 'Robust standard deviations', placeholder: '5' }],
  freshness_missed: [{ field: 'after_minutes', label: 'Tolerance (minutes)', placeholder: '5' }],
  limits_near_end: [{ field: 'percent', label: 'Used (percent)', placeholder: '80' }],
  storage_near_limit: [{ field: 'percent', label: 'Used (percent)', placeholder: '90' }],
  ticks_behind: [{ field: 'after_minutes', label: 'Behind by (minutes)', placeholder: '2' }],
};

/** Kinds about the whole organization or installation have no scope. */
export const hasScope = (kind: AlertKind): boolean =>
  !['limits_near_end', 'storage_near_limit', 'ticks_behind'].includes(kind);

export const reminderChoices = [
  { value: '', label: 'No reminders' },
  { value: '3600', label: 'Every hour' },
  { value: '14400', label: 'Every 4 hours' },
  { value: '86400', label: 'Every day' },
] as const;

/** What the editor holds: texts as typed. */
export interface RuleValues extends Record<NumberField, string> {
  name: string;
  kind: AlertKind;
  severity: AlertSeverity | '';
  isEnabled: boolean;
  /** Patterns of jobs, tags and pipelines, separated by commas or lines. */
  jobPatterns: string;
  tags: string;
  pipelineNames: string;
  channelIds: string[];
  reminderSeconds: string;
  isQuiet: boolean;
  quietFrom: string;
  quietTo: string;
  quietWeekdays: number[];
  timeZone: string;
  holdsCritical: boolean;
}

const noNumbers = { failures_in_row: '', after_minutes: '', times_usual: '', deviations: '', percent: '' };
const everyDay = [1, 2, 3, 4, 5, 6, 7];

export function emptyRule(timeZone: string): RuleValues {
  return {
    ...noNumbers,
    name: '',
    kind: 'run_failed',
    severity: '',
    isEnabled: true,
    jobPatterns: '',
    tags: '',
    pipelineNames: '',
    channelIds: [],
    reminderSeconds: '',
    isQuiet: false,
    quietFrom: '22:00',
    quietTo: '07:00',
    quietWeekdays: everyDay,
    timeZone,
    holdsCritical: false,
  };
}

/** The values of a rule; conditions that the editor does not show are kept by `toRequest`. */
export function toRuleValues(rule: AlertRuleResponse, timeZone: string): RuleValues {
  const { conditions, scope, quiet_hours: quiet } = rule;
  const seconds = conditions.after_seconds;
  return {
    ...emptyRule(quiet?.time_zone ?? timeZone),
    name: rule.name,
    kind: ruleKinds.find(({ value }) => value === rule.kind)?.value ?? 'run_failed',
    severity: (['info', 'warning', 'critical'] as const).find((each) => each === rule.severity) ?? '',
    isEnabled: rule.is_enabled,
    failures_in_row: toText(conditions.failures_in_row),
    after_minutes: toText(seconds === undefined ? undefined : seconds / 60),
    times_usual: toText(conditions.times_usual),
    deviations: toText(conditions.deviations),
    percent: toText(conditions.percent),
    jobPatterns: scope.job_patterns.join(', '),
    tags: scope.tags.join(', '),
    pipelineNames: scope.pipeline_names.join(', '),
    channelIds: [...rule.channel_ids],
    reminderSeconds: toText(rule.reminder_seconds ?? undefined),
    isQuiet: quiet !== null,
    ...(quiet && {
      quietFrom: quiet.from,
      quietTo: quiet.to,
      quietWeekdays: [...quiet.weekdays],
      holdsCritical: quiet.holds_critical,
    }),
  };
}

/** The request that creates a rule, or replaces `before` and keeps what the editor does not show. */
export function toRuleRequest(values: RuleValues, before: AlertRuleResponse | null): AlertRuleRequest {
  const isSameKind = before?.kind === values.kind;
  const minutes = readNumber(values.after_minutes);
  const own = new Set((numberFields[values.kind] ?? []).map(({ field }) => field));
  const given = (field: NumberField) => (own.has(field) ? readNumber(values[field]) : undefined);
  const kept = isSameKind ? pickKept(before) : {};
  return {
    name: values.name,
    kind: values.kind,
    is_enabled: values.isEnabled,
    ...(values.severity !== '' && { severity: values.severity }),
    scope: {
      job_ids: hasScope(values.kind) ? [...(before?.scope.job_ids ?? [])] : [],
      job_patterns: hasScope(values.kind) ? splitList(values.jobPatterns) : [],
      tags: hasScope(values.kind) ? splitList(values.tags) : [],
      pipeline_names: hasScope(values.kind) ? splitList(values.pipelineNames) : [],
    },
    conditions: {
      ...kept,
      ...withValue('failures_in_row', given('failures_in_row')),
      ...withValue(
        'after_seconds',
        own.has('after_minutes') && minutes !== undefined ? Math.round(minutes * 60) : undefined,
      ),
      ...withValue('times_usual', given('times_usual')),
      ...withValue('deviations', given('deviations')),
      ...withValue('percent', given('percent')),
    },
    channel_ids: values.channelIds,
    reminder_seconds: readNumber(values.reminderSeconds) ?? null,
    quiet_hours: values.isQuiet
      ? {
          weekdays: values.quietWeekdays,
          from: values.quietFrom,
          to: values.quietTo,
          time_zone: values.timeZone,
          holds_critical: values.holdsCritical,
        }
      : null,
  };
}

function pickKept({ conditions }: AlertRuleResponse): AlertRuleRequest['conditions'] {
  const { failure_codes: codes, schema_changes: changes, minimum_runs: runs } = conditions;
  return {
    ...(codes && { failure_codes: codes }),
    ...(changes && { schema_changes: changes }),
    ...(runs !== undefined && { minimum_runs: runs }),
  };
}

function withValue(key: string, value: number | undefined) {
  return value === undefined ? {} : { [key]: value };
}

function splitList(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

const toText = (value: number | undefined): string => (value === undefined ? '' : String(value));

/** Undefined for an empty text; text that is no number is left to the server, as NaN. */
function readNumber(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text);
}
