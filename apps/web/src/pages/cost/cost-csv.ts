import type { CostResponse, CostRowResponse, CostSumResponse } from '@pumphouse/contract';
import { nameRow } from './cost-texts.ts';
import { toCsv } from '../../ui/csv.ts';

const header = [
  'from',
  'to',
  'group',
  'name',
  'id',
  'workspace',
  'currency',
  'amount',
  'unpriced_hours',
  'attempts',
  'held_hours',
  'core_hours_held',
  'core_hours_used',
  'gib_hours_held',
  'gib_hours_used',
  'unmeasured_attempts',
  'unlimited_attempts',
  'rows',
  'bytes',
  'amount_before',
  'held_hours_before',
  'size',
  'peak_memory_bytes',
  'suggested_size',
];

/**
 * Writes costs as CSV, a line for each row and one for the total. Days are in UTC.
 * @param by what the rows are
 */
export function toCostCsv({ from, to, currency, rows, total, before }: CostResponse, by: string): string {
  const line = (group: string, row: Partial<CostRowResponse> & { name: string; total: CostSumResponse }) => [
    from,
    to,
    group,
    row.name,
    row.key,
    row.workspace_name,
    currency,
    ...toCells(row.total),
    row.before?.amount,
    row.before?.held_hours,
    row.use?.size,
    row.use?.peak_memory_bytes,
    row.use?.suggested_size,
  ];
  return toCsv([
    header,
    ...rows.map((row) => line(by, { ...row, name: nameRow(row) })),
    line('total', { name: 'Total', total, before }),
  ]);
}

function toCells(sum: CostSumResponse) {
  return [
    sum.amount,
    sum.unpriced_hours,
    sum.attempt_count,
    sum.held_hours,
    sum.core_hours_held,
    sum.core_hours_used,
    sum.gib_hours_held,
    sum.gib_hours_used,
    sum.unmeasured_count,
    sum.unlimited_count,
    sum.rows_loaded,
    sum.bytes_loaded,
  ];
}
