import {
  costRatesRequest,
  defaultWorkspaceRole,
  organizationLimitsRequest,
  updateOrganizationRequest,
} from '@pumphouse/contract';
import { z } from 'zod';
import { nestAttributes } from '../entries/entry.ts';
import type { ApplyChange } from './resource-kind.ts';

const limits = organizationLimitsRequest.shape;
const prices = costRatesRequest.shape.hourly_prices.shape;

const keySettings = z.strictObject({
  max_days: updateOrganizationRequest.shape.max_key_days.describe(
    'Days after their creation for which keys work in the organization; null: until they expire',
  ),
});

/** The properties with attributes of their own. */
export const organizationMaps = ['limits', 'keys'];

/** Attributes of an organization in the file. */
export const organizationShape = {
  description: z.string().nullable().optional(),
  default_workspace_role: defaultWorkspaceRole
    .nullable()
    .optional()
    .describe('Access of members to workspaces in which they have no role; null: none'),
  limits: z
    .strictObject({
      concurrent_runs: limits.concurrent_runs.optional().describe('Maximum concurrent runs; null: no limit'),
      minutes_a_month: limits.minutes_a_month
        .optional()
        .describe('Maximum run minutes per month; null: no limit'),
    })
    .optional(),
  keys: keySettings.optional(),
};

/** Prices from a day on. */
export const costRatesSchema = z.strictObject({
  currency: costRatesRequest.shape.currency,
  hourly_prices: z.strictObject({
    small: prices.small.optional(),
    medium: prices.medium.optional(),
    large: prices.large.optional(),
    xlarge: prices.xlarge.optional(),
  }),
});

export const applyOrganization: ApplyChange = async (
  { client, ids },
  { action, path, attributes, after },
) => {
  const [name = ''] = path;
  if (action === 'create') {
    const { id } = await client.call('create_organization', { body: { name } });
    ids.set('organization', path, id);
  }
  const params = { organization_id: ids.get('organization', path) };
  const changed = attributes.map((attribute) => attribute.name);
  const { limits: ofRuns, keys, ...settings } = nestAttributes(after);
  const { max_days } = keySettings.parse(keys ?? {});
  if (changed.some((each) => !each.startsWith('limits.')))
    await client.call('update_organization', { params, body: { ...settings, max_key_days: max_days } });
  if (changed.some((each) => each.startsWith('limits.'))) {
    const body = organizationLimitsRequest.parse({
      concurrent_runs: null,
      minutes_a_month: null,
      ...Object(ofRuns),
    });
    await client.call('set_organization_limits', { params, body });
  }
};

export const applyCostRates: ApplyChange = async (
  { client, ids },
  { action, path: [organization = '', starts_on = ''], after },
) => {
  const organization_id = ids.get('organization', [organization]);
  if (action === 'remove') {
    await client.call('delete_cost_rates', { params: { organization_id, starts_on } });
    return;
  }
  const { currency, hourly_prices: hourly } = nestAttributes(after);
  const noPrices = { small: null, medium: null, large: null, xlarge: null };
  const body = costRatesRequest.parse({
    starts_on,
    currency,
    hourly_prices: { ...noPrices, ...Object(hourly) },
  });
  await client.call('set_cost_rates', { params: { organization_id }, body });
};
