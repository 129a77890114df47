import type { Queryable } from '../pool.ts';
import type { SizeRates } from '../../../domain/cost/size-rates.ts';
import { named } from '../statements/named.ts';

export type SizeRateStore = ReturnType<typeof createSizeRateStore>;

/** Stores the prices of sizes, by organization and first day. */
export function createSizeRateStore(sql: Queryable) {
  return {
    /** Lists the rates of an organization by their first day. */
    list: (organizationId: string) =>
      sql.query<SizeRates>(
        named(
          `select starts_on as "startsOn", currency, hourly_prices as "hourlyPrices" from size_rates
            where organization_id = :organizationId order by starts_on`,
          { organizationId },
        ),
      ),

    /** Adds rates, or replaces those with the same first day. */
    set: (organizationId: string, { startsOn, currency, hourlyPrices }: SizeRates) =>
      sql.execute(
        named(
          `insert into size_rates (organization_id, starts_on, currency, hourly_prices)
           values (:organizationId, :startsOn, :currency, :hourlyPrices)
           on conflict (organization_id, starts_on) do update set currency = excluded.currency, hourly_prices = excluded.hourly_prices`,
          { organizationId, startsOn, currency, hourlyPrices },
        ),
      ),

    /** Returns whether there were rates with this first day. */
    remove: async (organizationId: string, startsOn: string) =>
      (await sql.execute(
        named('delete from size_rates where organization_id = :organizationId and starts_on = :startsOn', {
          organizationId,
          startsOn,
        }),
      )) > 0,
  };
}
