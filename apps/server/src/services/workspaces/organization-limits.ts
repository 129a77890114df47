import type { OrganizationLimits } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { isDeepStrictEqual } from 'node:util';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

export type OrganizationLimitService = ReturnType<typeof createOrganizationLimits>;

/**
 * Manages the limits for the runs of an organization: its members read them, its owners and operators set
 * them.
 */
export function createOrganizationLimits(
  persistence: Persistence<'auditLog' | 'organizationLimits' | 'outbox'>,
) {
  async function get(organizationId: string): Promise<OrganizationLimits> {
    const limits = await persistence.store.organizationLimits.get(organizationId);
    if (!limits) throw new ServiceError('not_found', `There is no organization ${organizationId}.`);
    return limits;
  }

  return {
    get,

    /** Changes the given limits. A lower limit stops no active runs; a higher one starts queued runs. */
    set(organizationId: string, change: Partial<OrganizationLimits>): Promise<OrganizationLimits> {
      return persistence.transaction(async (store) => {
        const known = await store.organizationLimits.lock(organizationId);
        if (!known) throw new ServiceError('not_found', `There is no organization ${organizationId}.`);
        const limits = { ...known, ...change };
        if (isDeepStrictEqual(limits, known)) return limits;
        await store.organizationLimits.set(organizationId, limits);
        await store.outbox.wake('queue');
        await recordChange(store, {
          organizationId,
          action: 'organization.set-limits',
          target: { kind: 'organization', id: organizationId, name: null },
          before: toAudit(known),
          after: toAudit(limits),
        });
        return limits;
      });
    },

    /** @throws ServiceError not_found; invalid_request if several have the name */
    async find(nameOrId: string): Promise<{ id: string; name: string }> {
      const [found, ...others] = await persistence.store.organizationLimits.find(nameOrId);
      if (!found)
        throw new ServiceError('not_found', `There is no organization with the name or id "${nameOrId}".`);
      if (others.length > 0) {
        const ids = [found, ...others].map(({ id }) => id).join(', ');
        throw new ServiceError(
          'invalid_request',
          `Several organizations are called "${nameOrId}"; give the id of one: ${ids}.`,
        );
      }
      return found;
    },
  };
}

function toAudit({ concurrentRuns, minutesAMonth }: OrganizationLimits) {
  return { concurrent_runs: concurrentRuns, minutes_a_month: minutesAMonth };
}
