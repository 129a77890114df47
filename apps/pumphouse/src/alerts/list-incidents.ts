import type { AlertIncidentResponse } from '@pumphouse/contract';
import type { Session } from '../session/session.ts';
import { findJob } from '../jobs/find-job.ts';
import { formatRelative } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';
import { parseCount } from '../terminal/parse-value.ts';

export interface ListIncidentsOptions {
  all?: boolean;
  job?: string;
  limit: string;
}

/** Lists the incidents of the workspace. */
export async function listIncidents(session: Session, options: ListIncidentsOptions): Promise<void> {
  const { terminal } = session;
  const params = { workspace_id: await session.workspaceId() };
  const job = options.job === undefined ? null : await findJob(session, options.job);
  const { items } = await session.client.call('list_alert_incidents', {
    params,
    query: {
      limit: parseCount(options.limit),
      ...(options.all !== true && { is_open: true }),
      ...(job && { job_id: job.id }),
    },
  });
  session.show(items, () => {
    if (items.length === 0)
      return options.all === true ? 'There are no incidents.' : 'There are no open incidents.';
    return formatTable(
      items,
      [
        { title: 'INCIDENT', text: ({ title }: AlertIncidentResponse) => title },
        { title: 'SEVERITY', text: ({ severity }) => severity },
        { title: 'STATE', text: ({ state, is_muted }) => (is_muted ? `${state}, muted` : state) },
        { title: 'COUNT', text: ({ occurrence_count: count }) => String(count), dropOrder: 3 },
        { title: 'LAST', text: ({ last_at: at }) => formatRelative(at), dropOrder: 2 },
        { title: 'ID', text: ({ id }) => id, dropOrder: 1 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
}
