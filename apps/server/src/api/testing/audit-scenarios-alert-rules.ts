import type { Scenario, Scenarios, Scene } from './audit-scene.ts';

const body = { name: 'Failures', kind: 'run_failed' };

async function addRule({ api, workspace, owner }: Scene): Promise<string> {
  const response = await api.app.inject({
    method: 'POST',
    url: `/pumphouse/v1/workspaces/${workspace.id}/alerts/rules`,
    headers: { authorization: `Bearer ${owner.key}` },
    payload: body,
  });
  return response.json<{ id: string }>().id;
}

/** Creates a rule and puts its id into the path. */
const ofRule = (payload?: object): Pick<Scenario, 'prepare'> => ({
  prepare: async (scene) => ({
    params: { rule_id: await addRule(scene) },
    ...(payload && { payload }),
  }),
});

/** Opens an incident by a failed run and puts its id into the path. */
const ofIncident = (payload?: object): Pick<Scenario, 'prepare'> => ({
  prepare: async (scene) => {
    await addRule(scene);
    const run = await scene.startRun();
    const { services } = scene.api.dependencies;
    await scene.api.setRun(run.id, { status: 'running', startedAt: new Date() });
    await services.finishRun(run.id, {
      status: 'failed',
      failure: { code: 'exit_code', detail: 'It ended with 1.' },
    });
    await services.evaluateAlerts();
    const reader = { workspaceId: scene.workspace.id, isOwner: true };
    const everything = { isOpen: true, jobId: null, ruleId: null };
    const page = await services.alertIncidents.list(reader, everything, { limit: 1, offset: 0 });
    return { params: { incident_id: page.items[0]?.id ?? '' }, ...(payload && { payload }) };
  },
});

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString();

/** Scenarios for alert rules and incidents. */
export const alertRuleScenarios: Scenarios = {
  create_alert_rule: { action: 'alert-rule.create', prepare: () => ({ payload: body }) },
  add_suggested_alert_rules: { action: 'alert-rule.add-suggested', prepare: () => ({ payload: {} }) },
  replace_alert_rule: { action: 'alert-rule.update', ...ofRule({ ...body, name: 'Other' }) },
  delete_alert_rule: { action: 'alert-rule.delete', ...ofRule() },
  mute_alert_rule: { action: 'alert-rule.mute', ...ofRule({ until: null }) },
  unmute_alert_rule: { action: 'alert-rule.unmute', ...ofRule() },
  acknowledge_alert_incident: { action: 'alert-incident.acknowledge', ...ofIncident() },
  snooze_alert_incident: { action: 'alert-incident.snooze', ...ofIncident({ until: tomorrow() }) },
  resolve_alert_incident: { action: 'alert-incident.resolve', ...ofIncident() },
  mute_job_alerts: {
    action: 'job.mute-alerts',
    prepare: ({ jobId }) => ({ params: { job_id: jobId }, payload: { until: null } }),
  },
  unmute_job_alerts: {
    action: 'job.unmute-alerts',
    prepare: ({ jobId }) => ({ params: { job_id: jobId } }),
  },
};
