import type { Persistence } from '../../store/store.ts';
import type { SizeRates } from '../../domain/cost/size-rates.ts';
import { earliestDay } from '../workspaces/choose-days.ts';
import { isDeepStrictEqual } from 'node:util';
import { maximumCostRates } from '@pumphouse/contract';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

export type CostRateService = ReturnType<typeof createCostRates>;

/** Manages the prices of an hour of each size: its members read them, its owners set them. */
export function createCostRates(
  persistence: Persistence<'auditLog' | 'organizationLimits' | 'sizeRates' | 'usage'>,
) {
  /** Lists the rates by their first day. */
  const list = (organizationId: string): Promise<SizeRates[]> =>
    persistence.store.sizeRates.list(organizationId);

  return {
    list,

    /**
     * Sets the rates from a day on, by default from the current one; later rates stay. Returns all rates.
     * @throws ServiceError invalid_request if other rates have another currency, or there are too many; not_found
     */
    set(
      organizationId: string,
      { startsOn: asked, ...prices }: Omit<SizeRates, 'startsOn'> & { startsOn: string | null },
    ): Promise<SizeRates[]> {
      return persistence.transaction(async (store) => {
        // Serializes changes of the rates of an organization.
        if (!(await store.organizationLimits.lock(organizationId)))
          throw new ServiceError('not_found', `There is no organization ${organizationId}.`);
        const rates = { ...prices, startsOn: asked ?? (await store.usage.readToday()) };
        const known = await store.sizeRates.list(organizationId);
        const replaced = known.find(({ startsOn }) => startsOn === rates.startsOn);
        const others = known.filter((each) => each !== replaced);
        if (rates.startsOn < earliestDay) throw refuse('starts_on', `must be ${earliestDay} or later`);
        requireSameCurrency(rates, others);
        if (others.length >= maximumCostRates)
          throw refuse(
            'starts_on',
            `is one more than the ${maximumCostRates} changes that an organization may have`,
          );
        if (replaced && isDeepStrictEqual(replaced, rates)) return known;
        await store.sizeRates.set(organizationId, rates);
        await recordChange(store, {
          organizationId,
          action: 'organization.set-cost-rates',
          target: { kind: 'organization', id: organizationId, name: null },
          before: replaced ? toAudit(replaced) : null,
          after: toAudit(rates),
        });
        return store.sizeRates.list(organizationId);
      });
    },

    /**
     * Removes the rates that start on a day; from then on, those before count.
     * @throws ServiceError not_found
     */
    remove(organizationId: string, startsOn: string): Promise<void> {
      return persistence.transaction(async (store) => {
        await store.organizationLimits.lock(organizationId);
        const removed = (await store.sizeRates.list(organizationId)).find(
          (each) => each.startsOn === startsOn,
        );
        if (!removed) throw new ServiceError('not_found', `No rates start on ${startsOn}.`);
        await store.sizeRates.remove(organizationId, startsOn);
        await recordChange(store, {
          organizationId,
          action: 'organization.remove-cost-rates',
          target: { kind: 'organization', id: organizationId, name: null },
          before: toAudit(removed),
          after: null,
        });
      });
    },
  };
}

/** Amounts of several currencies cannot be added up. */
function requireSameCurrency(rates: SizeRates, others: readonly SizeRates[]): void {
  const other = others.find(({ currency }) => currency !== rates.currency);
  if (!other) return;
  throw refuse('currency', `must be ${other.currency}, as in the other rates, or remove those first`);
}

function refuse(key: string, message: string): ServiceError {
  return new ServiceError('invalid_request', `The body is not valid: ${key}: ${message}.`, [
    { key, message },
  ]);
}

function toAudit({ startsOn, currency, hourlyPrices }: SizeRates) {
  return { starts_on: startsOn, currency, ...hourlyPrices };
}
