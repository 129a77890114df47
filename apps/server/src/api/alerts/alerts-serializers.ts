import type { AlertConditions, ConditionName } from '../../domain/alerts/alert-kinds.ts';
import type {
  AlertIncidentResponse,
  AlertRuleRequest,
  AlertRuleResponse,
  JobAlertsResponse,
} from '@pumphouse/contract';
import type { AlertRuleDraft } from '../../services/alerts/check-rule.ts';
import type { JobAlerts } from '../../services/alerts/alert-incidents.ts';
import type { ListedAlertRule, ListedIncident } from '../../store/records.ts';
import { completeConditions } from '../../domain/alerts/alert-kinds.ts';
import { readMuteEnd } from '../../domain/alerts/mutes.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

/** Translates the body of a request to a rule. */
export function toDraft(body: AlertRuleRequest): AlertRuleDraft {
  const { scope, conditions, quiet_hours: quiet } = body;
  const given: Partial<Record<ConditionName, unknown>> = {
    failureCodes: conditions.failure_codes,
    failuresInRow: conditions.failures_in_row,
    afterSeconds: conditions.after_seconds,
    timesUsual: conditions.times_usual,
    minimumRuns: conditions.minimum_runs,
    deviations: conditions.deviations,
    schemaChanges: conditions.schema_changes,
    percent: conditions.percent,
  };
  return {
    name: body.name,
    kind: body.kind,
    isEnabled: body.is_enabled,
    severity: body.severity,
    scope: {
      jobIds: scope.job_ids,
      jobPatterns: scope.job_patterns,
      tags: scope.tags,
      pipelineNames: scope.pipeline_names,
    },
    conditions: Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ) satisfies AlertConditions,
    channelIds: body.channel_ids,
    reminderSeconds: body.reminder_seconds,
    quietHours: quiet && {
      weekdays: quiet.weekdays,
      from: quiet.from,
      to: quiet.to,
      timeZone: quiet.time_zone,
      holdsCritical: quiet.holds_critical,
    },
  };
}

export function toRule(rule: ListedAlertRule, now = new Date()): AlertRuleResponse {
  const { scope, quietHours: quiet, mutedUntil } = rule;
  const isMuted = mutedUntil !== null && mutedUntil > now;
  return {
    id: rule.id,
    name: rule.name,
    kind: rule.kind,
    is_enabled: rule.isEnabled,
    severity: rule.severity,
    scope: {
      job_ids: [...scope.jobIds],
      job_patterns: [...scope.jobPatterns],
      tags: [...scope.tags],
      pipeline_names: [...scope.pipelineNames],
    },
    conditions: toConditions(completeConditions(rule.kind, rule.conditions)),
    channel_ids: rule.channelIds,
    reminder_seconds: rule.reminderSeconds,
    quiet_hours: quiet && {
      weekdays: [...quiet.weekdays],
      from: quiet.from,
      to: quiet.to,
      time_zone: quiet.timeZone,
      holds_critical: quiet.holdsCritical,
    },
    is_muted: isMuted,
    muted_until: isMuted ? toInstantOrNull(readMuteEnd(mutedUntil)) : null,
    open_incident_count: rule.openIncidentCount,
    created_at: toInstant(rule.createdAt),
    updated_at: toInstant(rule.updatedAt),
  };
}

function toConditions(conditions: AlertConditions): AlertRuleResponse['conditions'] {
  const { failureCodes, failuresInRow, afterSeconds, timesUsual, minimumRuns, deviations } = conditions;
  const { schemaChanges, percent } = conditions;
  return {
    ...(failureCodes && { failure_codes: [...failureCodes] }),
    ...(failuresInRow !== undefined && { failures_in_row: failuresInRow }),
    ...(afterSeconds !== undefined && { after_seconds: afterSeconds }),
    ...(timesUsual !== undefined && { times_usual: timesUsual }),
    ...(minimumRuns !== undefined && { minimum_runs: minimumRuns }),
    ...(deviations !== undefined && { deviations }),
    ...(schemaChanges && { schema_changes: [...schemaChanges] }),
    ...(percent !== undefined && { percent }),
  };
}

/** @param origin the address at which the reader uses the console */
export function toIncident(
  incident: ListedIncident,
  origin: string,
  now = new Date(),
): AlertIncidentResponse {
  return {
    id: incident.id,
    rule_id: incident.ruleId,
    rule_name: incident.ruleName,
    kind: incident.kind,
    severity: incident.severity,
    state: stateOf(incident, now),
    title: incident.title,
    details: [...incident.details],
    facts: [...incident.facts],
    links: incident.links.map(({ label, path }) => ({ label, url: `${origin}${path}` })),
    job_id: incident.jobId,
    job_ref: incident.jobRef,
    job_run_id: incident.jobRunId,
    pipeline_name: incident.pipelineName,
    occurrence_count: incident.occurrenceCount,
    first_at: toInstant(incident.firstAt),
    last_at: toInstant(incident.lastAt),
    acknowledged_at: toInstantOrNull(incident.acknowledgedAt),
    acknowledged_by: incident.acknowledgedByEmail,
    snoozed_until: toInstantOrNull(incident.snoozedUntil),
    resolved_at: toInstantOrNull(incident.resolvedAt),
    resolution: incident.resolution,
    is_muted: incident.isMuted,
    notified_at: toInstantOrNull(incident.notifiedAt),
  };
}

function stateOf(incident: ListedIncident, now: Date): AlertIncidentResponse['state'] {
  if (incident.resolvedAt) return 'resolved';
  if (incident.acknowledgedAt) return 'acknowledged';
  return incident.snoozedUntil && incident.snoozedUntil > now ? 'snoozed' : 'open';
}

export function toJobAlerts({ jobId, mute, rules }: JobAlerts): JobAlertsResponse {
  return {
    job_id: jobId,
    is_muted: mute !== undefined,
    muted_until: mute ? toInstantOrNull(readMuteEnd(mute.mutedUntil)) : null,
    rules: rules.map(({ id, name, kind, severity }) => ({ id, name, kind, severity })),
  };
}
