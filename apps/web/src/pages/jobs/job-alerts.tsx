import type { RouteResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './job.module.css';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { IncidentRows } from '../alerts/incident-rows.tsx';
import { MuteMenu } from '../alerts/mute-menu.tsx';

type JobAlerts = RouteResponse<'get_job_alerts'>;

/** The rules that cover a job, and its mute; null while no rule covers it, or if the user may not read them. */
export function useJobAlerts(jobId: string): JobAlerts | null {
  const { params, whyNot } = useWorkspace();
  const { data } = useQuery({
    ...operation('get_job_alerts', { params: { ...params, job_id: jobId } }),
    enabled: whyNot('alert.read') === null,
  });
  return data === undefined || (data.rules.length === 0 && !data.is_muted) ? null : data;
}

/** Names the rules that cover a job, and mutes it. */
export function JobAlertRules({ jobId, alerts }: { jobId: string; alerts: JobAlerts }) {
  const { id, params, whyNotChange } = useWorkspace();
  const ofJob = { ...params, job_id: jobId };
  const { rules, is_muted: isMuted } = alerts;
  return (
    <span className={classes.alerts}>
      <Link to="/w/$workspaceId/alerts/rules" params={{ workspaceId: id }}>
        {rules.length === 0 ? 'no rules' : rules.map(({ name }) => name).join(', ')}
      </Link>
      {isMuted && <span>Muted: incidents are recorded and not sent.</span>}
      <MuteMenu
        name="alerts about this job"
        isMuted={isMuted}
        whyNot={whyNotChange('alert.handle')}
        mute={async (until) => {
          if (until === undefined) await api.call('unmute_job_alerts', { params: ofJob });
          else await api.call('mute_job_alerts', { params: ofJob, body: { until } });
          await fetchAnew(queryClient, ['get_job_alerts', 'list_alert_incidents']);
        }}
      />
    </span>
  );
}

/** The open incidents of a job; nothing without any. */
export function JobIncidents({ jobId }: { jobId: string }) {
  const { params, whyNot } = useWorkspace();
  const { data } = useQuery({
    ...operation('list_alert_incidents', { params, query: { is_open: true, job_id: jobId, limit: 20 } }),
    enabled: whyNot('alert.read') === null,
  });
  if (!data || data.items.length === 0) return null;
  return (
    <Section title="Open incidents">
      <IncidentRows incidents={data.items} />
    </Section>
  );
}
