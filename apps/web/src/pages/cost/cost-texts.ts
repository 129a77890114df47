import type { CostResponse, CostRowResponse, CostSumResponse } from '@pumphouse/contract';
import { formatBinary } from '../runs/resource-charts.ts';
import {
  formatCount,
  formatDecimal,
  formatDuration,
  formatNoun,
  formatPercent,
  pluralOf,
} from '../../ui/format.ts';
import { triggerKind } from '@pumphouse/contract';
import { triggerLabels } from '../runs/run-list.ts';

/** "€12.40", "€0.0042"; "–" without a price. */
export function formatAmount(amount: number | null, currency: string | null): string {
  if (amount === null || currency === null) return '–';
  // Cents would make single runs free.
  const digits = amount > 0 && amount < 0.1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 };
  return new Intl.NumberFormat('en', { style: 'currency', currency, ...digits }).format(amount);
}

/** A price of an hour with all its digits; "–" for none. */
export function formatPrice(price: number | null, currency: string): string {
  if (price === null) return '–';
  return new Intl.NumberFormat('en', { style: 'currency', currency, maximumFractionDigits: 6 }).format(price);
}

/** "12.5 h", and less than an hour as "4 min 12 s". */
export const formatHours = (hours: number): string =>
  hours > 0 && hours < 1 ? formatDuration(hours * 3600) : `${formatDecimal(hours)} h`;

/** "12 held, 3.1 used (26 %)"; without measurements "12 held, use unknown". */
export function describeUse(held: number, used: number, share: number | null, sum: CostSumResponse): string {
  const isHeldKnown = sum.unlimited_count < sum.attempt_count || sum.attempt_count === 0;
  const heldText = isHeldKnown ? `${formatDecimal(held)} held` : 'no limit';
  if (sum.unmeasured_count === sum.attempt_count)
    return sum.attempt_count === 0 ? heldText : `${heldText}, use unknown`;
  return `${heldText}, ${formatDecimal(used)} used${share === null ? '' : ` (${formatPercent(share)})`}`;
}

/**
 * How a cost grew since as many days before: "+25 %", "new"; null if that is not known. By amount, or by hours without
 * prices.
 */
export function describeGrowth(total: CostSumResponse, before: CostSumResponse | null): string | null {
  if (before === null) return null;
  if (before.held_hours === 0) return total.held_hours === 0 ? null : 'new';
  const isPriced = total.amount !== null && before.amount !== null && before.amount > 0;
  const ratio = isPriced ? (total.amount ?? 0) / (before.amount ?? 1) : total.held_hours / before.held_hours;
  if (ratio >= 10) return `${formatDecimal(Math.round(ratio))} times`;
  const percent = Math.round((ratio - 1) * 100);
  return percent === 0 ? '±0 %' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`;
}

/** What the figures leave out, a sentence each. */
export function listGaps({ total, currency }: Pick<CostResponse, 'total' | 'currency'>): string[] {
  const { unmeasured_count: unmeasured, unlimited_count: unlimited, unpriced_hours: unpriced } = total;
  return [
    ...(unmeasured > 0
      ? [
          `${formatNoun(unmeasured, 'attempt')} of ${formatCount(total.attempt_count)} ${pluralOf(unmeasured, 'has', 'have')} no measurements: what ${pluralOf(unmeasured, 'it', 'they')} used is unknown and not counted as used.`,
        ]
      : []),
    ...(unlimited > 0
      ? [
          `${formatNoun(unlimited, 'attempt')} ran without a limit of cores or memory: only ${pluralOf(unlimited, 'its', 'their')} hours are counted as held.`,
        ]
      : []),
    ...(currency !== null && unpriced > 0 ? [`No rate for ${formatHours(unpriced)}: not in the cost.`] : []),
  ];
}

/** "Asks for large (16 GiB), peak 614 MiB and 1.2 cores: try small"; null if the size fits. */
export function describeSizeHint({ use }: CostRowResponse): string | null {
  if (!use || use.suggested_size === null || use.peak_memory_bytes === null) return null;
  const limit = use.memory_limit_bytes === null ? '' : ` (${formatBinary(use.memory_limit_bytes)})`;
  const cores = use.peak_cores === null ? '' : ` and ${formatDecimal(use.peak_cores)} cores`;
  return `Asks for ${use.size}${limit}, peak ${formatBinary(use.peak_memory_bytes)}${cores}: try ${use.suggested_size}`;
}

/** Name of a row; runs without a tag or a user have one too. */
export function nameRow({ name, trigger_kind: kind }: CostRowResponse): string {
  if (name !== null) return name;
  if (kind === null) return 'No tag';
  const known = triggerKind.options.find((each) => each === kind);
  return known ? triggerLabels[known] : kind;
}
