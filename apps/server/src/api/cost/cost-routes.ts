import type { CostRateService } from '../../services/cost/cost-rates.ts';
import type { Handlers } from '../handler.ts';
import type { ReadCost } from '../../services/cost/read-cost.ts';
import type { CostRatesRequest } from '@pumphouse/contract';
import type { SizeRates } from '../../domain/cost/size-rates.ts';
import { toCost, toCostRates } from './cost-serializers.ts';

type Operations =
  'get_workspace_cost' | 'get_organization_cost' | 'get_cost_rates' | 'set_cost_rates' | 'delete_cost_rates';

/** Handlers for costs, and for the prices of sizes. */
export function createCostHandlers(services: {
  readCost: ReadCost;
  costRates: CostRateService;
}): Pick<Handlers, Operations> {
  const { readCost, costRates } = services;
  return {
    get_workspace_cost: async ({ params, query: { by, limit, ...days } }) =>
      toCost(await readCost({ workspaceId: params.workspace_id }, by, days), limit),

    get_organization_cost: async ({ params, query: { by, limit, ...days } }) =>
      toCost(await readCost({ organizationId: params.organization_id }, by, days), limit),

    get_cost_rates: async ({ params: { organization_id: id } }) => toCostRates(id, await costRates.list(id)),

    set_cost_rates: async ({ params: { organization_id: id }, body }) =>
      toCostRates(id, await costRates.set(id, readRates(body))),

    async delete_cost_rates({ params }) {
      await costRates.remove(params.organization_id, params.starts_on);
    },
  };
}

function readRates({ starts_on: startsOn, currency, hourly_prices: prices }: CostRatesRequest) {
  const hourlyPrices: SizeRates['hourlyPrices'] = {};
  if (prices.small !== null) hourlyPrices.small = prices.small;
  if (prices.medium !== null) hourlyPrices.medium = prices.medium;
  if (prices.large !== null) hourlyPrices.large = prices.large;
  if (prices.xlarge !== null) hourlyPrices.xlarge = prices.xlarge;
  return { startsOn: startsOn ?? null, currency, hourlyPrices };
}
