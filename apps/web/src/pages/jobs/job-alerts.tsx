import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { operation } from '../../api/operation.ts';
import { queryClient } from '../../api/query-client.ts';
import { Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { IncidentRows } from '../alerts/incident-rows.tsx';
import { MuteMenu } from '../alerts/mute-menu.tsx';

/** The rules that cover a job, its open incidents and its mute. Not shown while no rule covers the job. */
export function JobAlerts({ jobId }: { jobId: string }) {
  const { id, params, whyNot, whyNotChange } = useWorkspace();
  const enabled = whyNot('alert.read') === null;
  const ofJob = { ...params, job_id: jobId };
  const { data } = useQuery({ ...operation('get_job_alerts', { params: ofJob }), enabled });
  const query = { is_open: true, job_id: jobId, limit: 20 };
  const { data: open } = useQuery({ ...operation('list_alert_incidents', { params, query }), enabled });
  if (!data || (data.rules.length === 0 && !data.is_muted)) return null;
  return (
    <Section
      title="Alerts"
      aside={
        <MuteMenu
          name="alerts about this job"
          isMuted={data.is_muted}
          whyNot={whyNotChange('alert.handle')}
          mute={async (until) => {
            if (until === undefined) await api.call('unmute_job_alerts', { params: ofJob });
            else await api.call('mute_job_alerts', { params: ofJob, body: { until } });
            await fetchAnew(queryClient, ['get_job_alerts', 'list_alert_incidents']);
          }}
        />
      }
    >
      <p style={{ margin: 0, padding: '0.6rem 0.85rem' }}>
        {data.is_muted ? 'Muted: incidents are recorded and not sent. ' : ''}
        Rules:{' '}
        <span className="linked-text">
          <Link to="/w/$workspaceId/alerts/rules" params={{ workspaceId: id }}>
            {data.rules.length === 0 ? 'none' : data.rules.map(({ name }) => name).join(', ')}
          </Link>
        </span>
        {open?.items.length === 0 && '. No open incidents.'}
      </p>
      {open && open.items.length > 0 && <IncidentRows incidents={open.items} />}
    </Section>
  );
}
