import { costGrouping, type CostResponse } from '@pumphouse/contract';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { formatDetails } from '../terminal/details.ts';
import { formatTable } from '../terminal/table.ts';
import { findOrganization } from './find-organization.ts';
import type { Session } from '../session/session.ts';

export interface CostOptions {
  from?: string;
  to?: string;
  by?: string;
}

type Row = CostResponse['rows'][number];

/** Shows what the runs of an organization cost, to its owners. */
export async function showCost(
  session: Session,
  name: string | undefined,
  { from, to, by }: CostOptions,
): Promise<void> {
  const { client, terminal } = session;
  const organization = await findOrganization(session, name);
  const grouping = costGrouping.options.find((each) => each === by) ?? 'workspace';
  const query = { by: grouping, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  const cost = await client.call('get_organization_cost', {
    params: { organization_id: organization.id },
    query,
  });
  session.show(cost, () => {
    const { total, currency } = cost;
    const details = formatDetails(terminal, [
      ['Organization', terminal.tone('strong', organization.name)],
      ['Period', `${cost.from} to ${cost.to} (UTC), counted since ${cost.counted_since}`],
      ['Cost', currency === null ? 'no rates' : formatAmount(total.amount, currency)],
      ['Hours', formatHours(total.held_hours)],
      [
        'Core-hours',
        `${formatHours(total.core_hours_held)} held, ${formatHours(total.core_hours_used)} used`,
      ],
      ['GiB-hours', `${formatHours(total.gib_hours_held)} held, ${formatHours(total.gib_hours_used)} used`],
    ]);
    if (cost.rows.length === 0) return details;
    const table = formatTable(
      cost.rows,
      [
        { title: grouping.toUpperCase(), text: nameRow },
        ...(currency === null
          ? []
          : [
              { title: 'COST', text: (row: Row) => formatAmount(row.total.amount, currency), isNumber: true },
            ]),
        { title: 'HOURS', text: (row) => formatHours(row.total.held_hours), isNumber: true },
        {
          title: 'CORE-HOURS',
          text: (row) => formatHours(row.total.core_hours_held),
          isNumber: true,
          dropOrder: 3,
        },
        { title: 'ROWS', text: (row) => formatCount(row.total.rows_loaded), isNumber: true, dropOrder: 2 },
        { title: 'DATA', text: (row) => formatBytes(row.total.bytes_loaded), isNumber: true, dropOrder: 1 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
    return `${details}\n${table}`;
  });
}

function nameRow({ name, trigger_kind: kind, workspace_name: workspace }: Row): string {
  return `${name ?? kind ?? 'no tag'}${workspace === null ? '' : ` (${workspace})`}`;
}

function formatAmount(amount: number | null, currency: string): string {
  return amount === null ? 'no rate' : `${amount.toFixed(2)} ${currency}`;
}

const formatHours = (hours: number): string => hours.toFixed(2);
