import type { Cost, CostRow } from '../../services/cost/read-cost.ts';
import type { CostRatesResponse, CostResponse, CostRowResponse, CostSumResponse } from '@pumphouse/contract';
import type { CostSum } from '../../domain/cost/sum-costs.ts';
import type { SizeRates } from '../../domain/cost/size-rates.ts';

const hourMs = 3_600_000;
const gib = 1024 ** 3;

/** @param limit maximum number of rows */
export function toCost(cost: Cost, limit: number): CostResponse {
  return {
    from: cost.from,
    to: cost.to,
    counted_since: cost.countedSince,
    currency: cost.currency,
    total: toSum(cost.total),
    before: cost.before && toSum(cost.before),
    days: cost.days.map(({ day, sum }) => ({ date: day, ...toSum(sum) })),
    rows: cost.rows.slice(0, limit).map(toRow),
    row_count: cost.rows.length,
  };
}

function toRow({
  key,
  name,
  triggerKind,
  workspaceId,
  workspaceName,
  sum,
  before,
  job,
}: CostRow): CostRowResponse {
  return {
    key,
    name,
    trigger_kind: triggerKind,
    workspace_id: workspaceId,
    workspace_name: workspaceName,
    total: toSum(sum),
    before: before && toSum(before),
    use: job && {
      size: job.size,
      peak_memory_bytes: job.peakMemoryBytes,
      peak_cores: job.peakCores,
      memory_limit_bytes: job.memoryLimitBytes,
      suggested_size: job.suggestedSize,
    },
  };
}

function toSum(sum: CostSum): CostSumResponse {
  return {
    attempt_count: sum.attemptCount,
    held_hours: sum.heldMs / hourMs,
    core_hours_held: sum.heldCoreMs / hourMs,
    core_hours_used: sum.usedCoreMs / hourMs,
    gib_hours_held: sum.heldMemoryByteMs / hourMs / gib,
    gib_hours_used: sum.usedMemoryByteMs / hourMs / gib,
    core_share: toShare(sum, sum.usedCoreMs, sum.measuredCoreMs),
    memory_share: toShare(sum, sum.usedMemoryByteMs, sum.measuredMemoryByteMs),
    unmeasured_count: sum.attemptCount - sum.measuredCount,
    unlimited_count: sum.unlimitedCount,
    rows_loaded: sum.rowsLoaded,
    bytes_loaded: sum.bytesLoaded,
    amount: sum.amount,
    unpriced_hours: sum.unpricedMs / hourMs,
  };
}

/** What was used without a limit has nothing to be a share of. */
function toShare({ unlimitedCount }: CostSum, used: number, held: number): number | null {
  return unlimitedCount > 0 || held === 0 ? null : Math.min(1, used / held);
}

export function toCostRates(organizationId: string, rates: readonly SizeRates[]): CostRatesResponse {
  return {
    organization_id: organizationId,
    rates: rates.map(({ startsOn, currency, hourlyPrices }) => ({
      starts_on: startsOn,
      currency,
      hourly_prices: {
        small: hourlyPrices.small ?? null,
        medium: hourlyPrices.medium ?? null,
        large: hourlyPrices.large ?? null,
        xlarge: hourlyPrices.xlarge ?? null,
      },
    })),
  };
}
