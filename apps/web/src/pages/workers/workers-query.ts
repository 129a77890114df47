import { operation } from '../../api/operation.ts';

/** Connections of workers come and go without an event. */
const refreshMs = 5000;

export const workersOf = (organizationId: string) => ({
  ...operation('list_workers', { params: { organization_id: organizationId } }),
  refetchInterval: refreshMs,
});
