import { z } from 'zod';
import { alertKind } from './alert-rules.ts';
import { alertSeverity } from './alert-deliveries.ts';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

export const alertIncidentState = namedEnum('AlertIncidentState', [
  'open',
  'acknowledged',
  'snoozed',
  'resolved',
]);
export type AlertIncidentState = z.output<typeof alertIncidentState>;

const labeled = responseObject('AlertFact', { label: z.string(), value: z.string() });
const link = responseObject('AlertLink', { label: z.string(), url: z.string() });

/** One problem that a rule found: open while it lasts. Texts may contain text of user code. */
export const alertIncidentResponse = responseObject('AlertIncidentResponse', {
  id: uuid,
  rule_id: uuid,
  rule_name: z.string(),
  kind: openEnum(alertKind),
  severity: openEnum(alertSeverity),
  state: openEnum(alertIncidentState),
  title: z.string(),
  details: z.array(z.string()),
  facts: z.array(labeled),
  /** The first one is the main one. */
  links: z.array(link),
  job_id: uuid.nullable(),
  job_ref: z.string().nullable(),
  job_run_id: uuid.nullable(),
  pipeline_name: z.string().nullable(),
  occurrence_count: z.int(),
  first_at: timestamp,
  last_at: timestamp,
  acknowledged_at: timestamp.nullable(),
  /** Email address of the member; null after the member has left. */
  acknowledged_by: z.string().nullable(),
  snoozed_until: timestamp.nullable(),
  resolved_at: timestamp.nullable(),
  resolution: z.string().nullable(),
  /** Messages wait because its rule or its job is muted. */
  is_muted: z.boolean(),
  /** When its first message was written to the channels of the rule. */
  notified_at: timestamp.nullable(),
});
export type AlertIncidentResponse = z.output<typeof alertIncidentResponse>;

export const snoozeRequest = requestObject('AlertSnoozeRequest', { until: timestamp });
export type SnoozeRequest = z.output<typeof snoozeRequest>;

/** How alerts treat one job. */
export const jobAlertsResponse = responseObject('JobAlertsResponse', {
  job_id: uuid,
  is_muted: z.boolean(),
  /** Null: until the mute is lifted, or not muted. */
  muted_until: timestamp.nullable(),
  /** The enabled rules that cover the job, by name. */
  rules: z.array(
    responseObject('JobAlertRule', {
      id: uuid,
      name: z.string(),
      kind: openEnum(alertKind),
      severity: openEnum(alertSeverity),
    }),
  ),
});
export type JobAlertsResponse = z.output<typeof jobAlertsResponse>;
