import { z } from 'zod';
import { namedEnum, openEnum, requestObject, responseObject, uuid } from '../primitives.ts';
import { triggerKind } from '../jobs/triggers.ts';

/** Maximum changes of the rates of an organization. */
export const maximumCostRates = 200;

/** What costs are grouped by; `workspace` only for an organization. */
export const costGrouping = namedEnum('CostGrouping', ['job', 'tag', 'person', 'size', 'workspace']);
export type CostGrouping = z.output<typeof costGrouping>;

/**
 * What attempts held from their start to their end (UTC day of their end), what they used of it, and what their
 * pipeline runs loaded (UTC day of the report).
 */
const figures = {
  attempt_count: z.int(),
  held_hours: z.number(),
  /** Cores of the size, multiplied by the hours. */
  core_hours_held: z.number(),
  core_hours_used: z.number(),
  gib_hours_held: z.number(),
  gib_hours_used: z.number(),
  /** Used of held, from 0 to 1, of attempts with measurements; null without any, and if a size has no limit. */
  core_share: z.number().nullable(),
  memory_share: z.number().nullable(),
  /** Attempts without measurements: what they used is unknown and not in the sums. */
  unmeasured_count: z.int(),
  /** Attempts without a limit of cores or memory: what they held is not in the sums. */
  unlimited_count: z.int(),
  rows_loaded: z.number(),
  bytes_loaded: z.number(),
  /** In the currency of the response; null if nothing that was held has a price. */
  amount: z.number().nullable(),
  /** Hours held without a price. */
  unpriced_hours: z.number(),
};

const sum = responseObject('CostSum', figures);
export type CostSumResponse = z.output<typeof sum>;

const jobUse = responseObject('CostJobUse', {
  /** Of its latest version with costs. */
  size: z.string(),
  /** The highest of any attempt of that size; null without measurements. */
  peak_memory_bytes: z.number().nullable(),
  peak_cores: z.number().nullable(),
  memory_limit_bytes: z.number().nullable(),
  /** A smaller size in which all measured attempts would have had room to spare; null for none. */
  suggested_size: z.string().nullable(),
});

const row = responseObject('CostRow', {
  /** Id of the job, user or workspace, the tag or the size. Null for runs without a tag, or that no user started. */
  key: z.string().nullable(),
  name: z.string().nullable(),
  /** Of runs that no user started, by person. */
  trigger_kind: openEnum(triggerKind).nullable(),
  /** Of a job or a workspace. */
  workspace_id: uuid.nullable(),
  /** Of a job. */
  workspace_name: z.string().nullable(),
  total: sum,
  /** As many days before; null if they were not counted from their start. */
  before: sum.nullable(),
  /** Only of a job. */
  use: jobUse.nullable(),
});
export type CostRowResponse = z.output<typeof row>;

export const costResponse = responseObject('CostResponse', {
  from: z.iso.date(),
  to: z.iso.date(),
  /** The first day that is counted, from some time of it on. */
  counted_since: z.iso.date(),
  /** Null if the organization has no rates. */
  currency: z.string().nullable(),
  total: sum,
  /** As many days before; null if they were not counted from their start. */
  before: sum.nullable(),
  /** One for each day from the first to the last. */
  days: z.array(responseObject('CostDay', { date: z.iso.date(), ...figures })),
  /** The highest cost first, then the longest time. */
  rows: z.array(row),
  /** Number of rows; at most `limit` of them are listed. */
  row_count: z.int(),
});
export type CostResponse = z.output<typeof costResponse>;

const hourlyPrice = z.number().min(0).max(1_000_000).nullable();

/** Prices of an hour of each size; null for none. */
const hourlyPrices = {
  small: hourlyPrice,
  medium: hourlyPrice,
  large: hourlyPrice,
  xlarge: hourlyPrice,
};

export const costRatesRequest = requestObject('CostRatesRequest', {
  /** The first day (UTC) with these prices; by default the current one. Replaces rates with the same first day. */
  starts_on: z.iso.date().optional(),
  /** A code of ISO 4217, such as EUR: one for all rates of an organization. */
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be a code of three capital letters, such as EUR'),
  hourly_prices: requestObject('HourlyPricesRequest', hourlyPrices),
});
export type CostRatesRequest = z.output<typeof costRatesRequest>;

export const costRatesResponse = responseObject('CostRatesResponse', {
  organization_id: uuid,
  /** By their first day, the earliest first. */
  rates: z.array(
    responseObject('CostRates', {
      starts_on: z.iso.date(),
      currency: z.string(),
      hourly_prices: responseObject('HourlyPrices', hourlyPrices),
    }),
  ),
});
export type CostRatesResponse = z.output<typeof costRatesResponse>;
