import type { AlertIncidentResponse } from '@pumphouse/contract';
import { Button, Menu } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fetchAnew } from '../../api/fetch-anew.ts';
import { queryClient } from '../../api/query-client.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { ActionsHead } from '../../ui/actions-head.tsx';
import { ErrorNotice } from '../../ui/answers.tsx';
import { State } from '../../ui/state.tsx';
import table from '../../ui/table.module.css';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import people from '../people/people.module.css';
import { incidentAppearance, pauseChoices, pauseEnd } from './incident-states.ts';
import { Severity } from './severity.tsx';

const refresh = () => fetchAnew(queryClient, ['list_alert_incidents', 'list_alert_rules']);

/** Table of incidents. */
export function IncidentRows({ incidents }: { incidents: readonly AlertIncidentResponse[] }) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Incident</th>
            <th scope="col">Severity</th>
            <th scope="col">State</th>
            <th scope="col">Occurrences</th>
            <th scope="col">Last</th>
            <ActionsHead />
          </tr>
        </thead>
        <tbody>
          {incidents.map((incident) => (
            <tr key={incident.id}>
              <td data-wide="true">
                <IncidentTitle incident={incident} />
                <div className="quiet">
                  {incident.rule_name}
                  {incident.is_muted && <span className={people.mark}>muted</span>}
                </div>
              </td>
              <td>
                <Severity severity={incident.severity} />
              </td>
              <td>
                <State look={incidentAppearance(incident)} />
                <StateNote incident={incident} />
              </td>
              <td data-label="occurrences">{incident.occurrence_count}</td>
              <td data-label="last">
                <Time at={incident.last_at} />
              </td>
              <td>{incident.state !== 'resolved' && <IncidentActions incident={incident} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The title of an incident, with a link to the page of the console that shows its subject. */
export function IncidentTitle({ incident }: { incident: AlertIncidentResponse }) {
  const [main] = incident.links;
  return main === undefined ? <>{incident.title}</> : <a href={main.url}>{incident.title}</a>;
}

function StateNote({ incident }: { incident: AlertIncidentResponse }) {
  const { state, acknowledged_by: by, snoozed_until: until, resolution } = incident;
  if (state === 'acknowledged' && by !== null) return <div className="quiet">by {by}</div>;
  if (state === 'snoozed' && until !== null)
    return (
      <div className="quiet">
        until <Time at={until} />
      </div>
    );
  return state === 'resolved' && resolution !== null ? <div className="quiet">{resolution}</div> : null;
}

/** Buttons that acknowledge, snooze and resolve an incident. */
export function IncidentActions({ incident }: { incident: AlertIncidentResponse }) {
  const { params, whyNotChange } = useWorkspace();
  const at = { ...params, incident_id: incident.id };
  const whyNot = whyNotChange('alert.handle');
  const change = useMutation({
    mutationFn: async (act: () => Promise<unknown>) => {
      await act();
      await refresh();
    },
  });
  return (
    <div className={people.actions}>
      {incident.state !== 'acknowledged' && (
        <ActionButton
          aria-label={`Acknowledge ${incident.title}`}
          hint="You are looking at it: reminders stop."
          whyNot={whyNot}
          onClick={() => change.mutate(() => api.call('acknowledge_alert_incident', { params: at }))}
        >
          Acknowledge
        </ActionButton>
      )}
      {whyNot === null && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="compact-sm" variant="default" aria-label={`Snooze ${incident.title}`}>
              Snooze
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {pauseChoices.map(({ label, hours }) => (
              <Menu.Item
                key={label}
                onClick={() =>
                  change.mutate(() =>
                    api.call('snooze_alert_incident', { params: at, body: { until: pauseEnd(hours) } }),
                  )
                }
              >
                For {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <ActionButton
        aria-label={`Resolve ${incident.title}`}
        whyNot={whyNot}
        onClick={() => change.mutate(() => api.call('resolve_alert_incident', { params: at }))}
      >
        Resolve
      </ActionButton>
      {change.error !== null && <ErrorNotice error={change.error} />}
    </div>
  );
}
