import type { UsageResponse } from '@pumphouse/contract';
import { orNull } from '../http/or-null.ts';
import type { Session } from '../session/session.ts';
import { formatDetails } from '../terminal/details.ts';
import { formatCount, formatDuration } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';
import { findOrganization } from './find-organization.ts';
import { formatLimit } from './organization-limits.ts';

type Sums = UsageResponse['total'];

/** Shows the usage of an organization; per workspace only to its owners. */
export async function showUsage(
  session: Session,
  name: string | undefined,
  { from, to }: { from?: string; to?: string },
): Promise<void> {
  const { client, terminal } = session;
  const organization = await findOrganization(session, name);
  const params = { organization_id: organization.id };
  const query = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  const [usage, shares] = await Promise.all([
    client.call('get_organization_usage', { params, query }),
    orNull([403], client.call('get_organization_usage_by_workspace', { params, query })),
  ]);
  session.show({ ...usage, workspaces: shares?.workspaces ?? null }, () => {
    const { month, total } = usage;
    const details = formatDetails(terminal, [
      ['Organization', terminal.tone('strong', organization.name)],
      ['Period', `${usage.from} to ${usage.to} (UTC)`],
      ['Runs', describeRuns(total)],
      ['Time', formatDuration(total.run_seconds)],
      ['This month', describeMonth(month)],
      ['Running now', `${formatCount(month.active_run_count)} of ${formatLimit(month.concurrent_runs)}`],
    ]);
    if (shares === null || shares.workspaces.length === 0) return details;
    const table = formatTable(
      shares.workspaces,
      [
        { title: 'WORKSPACE', text: ({ name }) => name },
        { title: 'RUNS', text: ({ total }) => formatCount(countRuns(total)), isNumber: true },
        {
          title: 'FAILED',
          text: ({ total }) => (total.failed_run_count ? formatCount(total.failed_run_count) : ''),
          isNumber: true,
          dropOrder: 1,
        },
        { title: 'TIME', text: ({ total }) => formatDuration(total.run_seconds), isNumber: true },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
    return `${details}\n${table}`;
  });
}

function countRuns(sums: Sums): number {
  return sums.completed_run_count + sums.failed_run_count + sums.cancelled_run_count;
}

function describeRuns(sums: Sums): string {
  const parts = [
    `${formatCount(sums.completed_run_count)} completed`,
    `${formatCount(sums.failed_run_count)} failed`,
    `${formatCount(sums.cancelled_run_count)} cancelled`,
  ];
  return `${formatCount(countRuns(sums))} (${parts.join(', ')})`;
}

function describeMonth({ run_seconds, minutes_a_month }: UsageResponse['month']): string {
  const minutes = formatCount(Math.round(run_seconds / 60));
  if (minutes_a_month === null) return `${minutes} min, no limit`;
  const share = minutes_a_month === 0 ? 100 : Math.round((run_seconds / 60 / minutes_a_month) * 100);
  return `${minutes} of ${formatCount(minutes_a_month)} min (${share}%)`;
}
