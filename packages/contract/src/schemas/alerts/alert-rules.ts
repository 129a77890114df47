import { z } from 'zod';
import { alertSeverity } from './alert-deliveries.ts';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

/** What a rule watches for. docs/concepts/alerts.md says when an incident of each kind opens and resolves. */
export const alertKind = namedEnum('AlertKind', [
  'run_failed',
  'run_succeeded',
  'recovered',
  'backfill_failed',
  'backfill_finished',
  'late',
  'running_long',
  'stuck_waiting',
  'no_output',
  'zero_rows',
  'row_count_off',
  'schema_changed',
  'freshness_missed',
  'check_failed',
  'storage_near_limit',
  'limits_near_end',
  'ticks_behind',
]);
export type AlertKind = z.output<typeof alertKind>;

/** A change of a schema that a rule may watch for. `contract_violated`: dlt rejected data that breaks a schema contract. */
export const alertSchemaChange = namedEnum('AlertSchemaChange', [
  'table_added',
  'table_removed',
  'column_added',
  'column_removed',
  'data_type_changed',
  'type_conflict',
  'contract_violated',
]);
export type AlertSchemaChange = z.output<typeof alertSchemaChange>;

/** Maximum number of entries in each list of a rule. */
export const maximumAlertListEntries = 100;

const maximumSeconds = 30 * 86_400;
const name = z.string().trim().min(1).max(100);
const entry = z.string().min(1).max(300);
const seconds = z.int().min(10).max(maximumSeconds);

/** Jobs and pipelines that a rule covers: all that match any entry of a list. All lists empty: the workspace. */
const scope = {
  job_ids: z.array(uuid).max(maximumAlertListEntries).default([]),
  /** Patterns of job refs, such as `jobs.sales.*`. */
  job_patterns: z.array(entry).max(maximumAlertListEntries).default([]),
  tags: z.array(entry).max(maximumAlertListEntries).default([]),
  pipeline_names: z.array(entry).max(maximumAlertListEntries).default([]),
};

/** Conditions of all kinds. A kind accepts only its own, and has a default for each. */
const conditions = {
  /** Codes of failures; absent: every failure. */
  failure_codes: z.array(entry).max(maximumAlertListEntries),
  failures_in_row: z.int().min(1).max(100),
  after_seconds: seconds,
  /** How many times longer than the median of its history. */
  times_usual: z.number().min(1.1).max(100),
  minimum_runs: z.int().min(3).max(30),
  /** How many robust standard deviations. */
  deviations: z.number().min(1).max(100),
  schema_changes: z.array(alertSchemaChange).min(1).max(alertSchemaChange.options.length),
  percent: z.int().min(1).max(100),
};
const optionalConditions = {
  failure_codes: conditions.failure_codes.optional(),
  failures_in_row: conditions.failures_in_row.optional(),
  after_seconds: conditions.after_seconds.optional(),
  times_usual: conditions.times_usual.optional(),
  minimum_runs: conditions.minimum_runs.optional(),
  deviations: conditions.deviations.optional(),
  schema_changes: conditions.schema_changes.optional(),
  percent: conditions.percent.optional(),
};

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 22:00');

/**
 * When messages wait. From a time of day to another one, past midnight if `to` is not later, on the days on
 * which the window begins.
 */
const quietHours = {
  /** 1 is Monday, 7 is Sunday. */
  weekdays: z.array(z.int().min(1).max(7)).min(1).max(7),
  from: timeOfDay,
  to: timeOfDay,
  /** An IANA zone such as `Europe/Berlin`. */
  time_zone: z.string().min(1).max(100),
  /** Whether messages of critical rules wait too. */
  holds_critical: z.boolean().default(false),
};

const rule = {
  name,
  kind: alertKind,
  is_enabled: z.boolean().default(true),
  severity: alertSeverity.optional(),
  scope: requestObject('AlertScopeRequest', scope).default({
    job_ids: [],
    job_patterns: [],
    tags: [],
    pipeline_names: [],
  }),
  conditions: requestObject('AlertConditionsRequest', optionalConditions).default({}),
  channel_ids: z.array(uuid).max(20).default([]),
  /** Between two reminders of an open incident; null: none. */
  reminder_seconds: z.int().min(300).max(maximumSeconds).nullable().default(null),
  quiet_hours: requestObject('AlertQuietHoursRequest', quietHours).nullable().default(null),
};

/** A rule as it is created, or as it replaces another one. */
export const alertRuleRequest = requestObject('AlertRuleRequest', rule);
export type AlertRuleRequest = z.output<typeof alertRuleRequest>;

/** Until when messages are muted. Null: until the mute is lifted. */
export const muteRequest = requestObject('AlertMuteRequest', { until: timestamp.nullable() });
export type MuteRequest = z.output<typeof muteRequest>;

export const alertRuleResponse = responseObject('AlertRuleResponse', {
  id: uuid,
  name: z.string(),
  kind: openEnum(alertKind),
  is_enabled: z.boolean(),
  severity: openEnum(alertSeverity),
  scope: responseObject('AlertScope', {
    job_ids: z.array(uuid),
    job_patterns: z.array(z.string()),
    tags: z.array(z.string()),
    pipeline_names: z.array(z.string()),
  }),
  /** Those of its kind, defaults included. */
  conditions: responseObject('AlertConditions', optionalConditions),
  channel_ids: z.array(uuid),
  reminder_seconds: z.int().nullable(),
  quiet_hours: responseObject('AlertQuietHours', {
    weekdays: z.array(z.int()),
    from: z.string(),
    to: z.string(),
    time_zone: z.string(),
    holds_critical: z.boolean(),
  }).nullable(),
  is_muted: z.boolean(),
  /** Null: until the mute is lifted, or not muted. */
  muted_until: timestamp.nullable(),
  open_incident_count: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
});
export type AlertRuleResponse = z.output<typeof alertRuleResponse>;

/** By name. */
export const alertRulesResponse = responseObject('AlertRulesResponse', { rules: z.array(alertRuleResponse) });
export type AlertRulesResponse = z.output<typeof alertRulesResponse>;

/** What a rule would have reported within the last days. */
export const alertPreviewResponse = responseObject('AlertPreviewResponse', {
  days: z.int(),
  /** False for a kind that depends on states of which no history is kept. */
  is_available: z.boolean(),
  /** Up to `is_truncated`. */
  incident_count: z.int(),
  is_truncated: z.boolean(),
  /** The newest ones. */
  incidents: z.array(
    responseObject('AlertPreviewIncident', { title: z.string(), at: timestamp, subject: z.string() }),
  ),
});
export type AlertPreviewResponse = z.output<typeof alertPreviewResponse>;
