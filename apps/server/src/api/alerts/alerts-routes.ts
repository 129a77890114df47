import type { AlertIncidents } from '../../services/alerts/alert-incidents.ts';
import type { AlertRules } from '../../services/alerts/alert-rules.ts';
import type { Authorization } from '../../services/people/authorize.ts';
import type { Handlers } from '../handler.ts';
import type { PreviewRule } from '../../services/alerts/preview-rule.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import { toDraft, toIncident, toJobAlerts, toRule } from './alerts-serializers.ts';
import { toInstant } from '../serializers/instants.ts';
import { userOf, workspaceOf } from '../handler.ts';

type RuleOperations =
  | 'list_alert_rules'
  | 'create_alert_rule'
  | 'add_suggested_alert_rules'
  | 'preview_alert_rule'
  | 'get_alert_rule'
  | 'replace_alert_rule'
  | 'delete_alert_rule'
  | 'mute_alert_rule'
  | 'unmute_alert_rule';
type IncidentOperations =
  | 'list_alert_incidents'
  | 'get_alert_incident'
  | 'acknowledge_alert_incident'
  | 'snooze_alert_incident'
  | 'resolve_alert_incident'
  | 'get_job_alerts'
  | 'mute_job_alerts'
  | 'unmute_job_alerts';

interface AlertServices {
  alertRules: AlertRules;
  alertIncidents: AlertIncidents;
  previewRule: PreviewRule;
}

type AlertCall = { authorization: Authorization };

export function createAlertHandlers(
  services: AlertServices,
): Pick<Handlers, RuleOperations | IncidentOperations> {
  return { ...createRuleHandlers(services), ...createIncidentHandlers(services) };
}

function createRuleHandlers({ alertRules, previewRule }: AlertServices): Pick<Handlers, RuleOperations> {
  return {
    list_alert_rules: async (call) => ({
      rules: (await alertRules.list(readerOf(call))).map((rule) => toRule(rule)),
    }),
    create_alert_rule: async (call) => toRule(await alertRules.create(changerOf(call), toDraft(call.body))),
    add_suggested_alert_rules: async (call) => {
      const rules = await alertRules.addSuggested(changerOf(call), call.body.channel_ids);
      return { rules: rules.map((rule) => toRule(rule)) };
    },
    preview_alert_rule: async (call) => {
      const preview = await previewRule(readerOf(call), toDraft(call.body));
      return {
        days: preview.days,
        is_available: preview.isAvailable,
        incident_count: preview.incidentCount,
        is_truncated: preview.isTruncated,
        incidents: preview.incidents.map((each) => ({ ...each, at: toInstant(each.at) })),
      };
    },
    get_alert_rule: async (call) => toRule(await alertRules.get(readerOf(call), call.params.rule_id)),
    replace_alert_rule: async (call) =>
      toRule(await alertRules.replace(changerOf(call), call.params.rule_id, toDraft(call.body))),
    delete_alert_rule: async (call) => {
      await alertRules.remove(changerOf(call), call.params.rule_id);
    },
    mute_alert_rule: async (call) =>
      toRule(await alertRules.mute(changerOf(call), call.params.rule_id, readUntil(call.body.until))),
    unmute_alert_rule: async (call) => toRule(await alertRules.unmute(changerOf(call), call.params.rule_id)),
  };
}

function createIncidentHandlers({ alertIncidents }: AlertServices): Pick<Handlers, IncidentOperations> {
  return {
    async list_alert_incidents(call) {
      const { query } = call;
      const reader = readerOf(call);
      const filter = {
        isOpen: query.is_open ?? null,
        jobId: query.job_id ?? null,
        ruleId: query.rule_id ?? null,
      };
      const paging = readPaging(query, `alert_incidents ${reader.workspaceId}`);
      return toPage(await alertIncidents.list(reader, filter, paging), query, (incident) =>
        toIncident(incident, call.origin),
      );
    },
    get_alert_incident: async (call) =>
      toIncident(await alertIncidents.get(readerOf(call), call.params.incident_id), call.origin),
    acknowledge_alert_incident: async (call) =>
      toIncident(await alertIncidents.acknowledge(changerOf(call), call.params.incident_id), call.origin),
    snooze_alert_incident: async (call) => {
      const until = new Date(call.body.until);
      return toIncident(
        await alertIncidents.snooze(changerOf(call), call.params.incident_id, until),
        call.origin,
      );
    },
    resolve_alert_incident: async (call) =>
      toIncident(await alertIncidents.resolve(changerOf(call), call.params.incident_id), call.origin),
    get_job_alerts: async (call) =>
      toJobAlerts(await alertIncidents.getJobAlerts(readerOf(call), call.params.job_id)),
    mute_job_alerts: async (call) =>
      toJobAlerts(
        await alertIncidents.muteJob(changerOf(call), call.params.job_id, readUntil(call.body.until)),
      ),
    unmute_job_alerts: async (call) =>
      toJobAlerts(await alertIncidents.unmuteJob(changerOf(call), call.params.job_id)),
  };
}

function readerOf(call: AlertCall) {
  const { workspaceId } = workspaceOf(call);
  return { workspaceId, isOwner: call.authorization.workspace?.workspaceRole === 'owner' };
}

function changerOf(call: AlertCall) {
  return { ...readerOf(call), userId: userOf(call.authorization).userId };
}

function readUntil(until: string | null): Date | null {
  return until === null ? null : new Date(until);
}
