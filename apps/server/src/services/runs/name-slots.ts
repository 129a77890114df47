import type { JobRunRecord } from '../../store/records.ts';
import type { Principal } from '../sign-in/principal.ts';
import type { Persistence } from '../../store/store.ts';
import { describeSlotsFor } from '../../domain/runs/wait-reason.ts';

type WaitingRun = Pick<JobRunRecord, 'status' | 'waitKind' | 'waitReason' | 'isApp'>;

/** The reader and their organization. */
interface Reader {
  principal: Principal;
  organizationId: string | undefined;
}

export type NameSlots = ReturnType<typeof createNameSlots>;

/**
 * Creates a function that adds to a run that waits for a slot who holds the slots now, with the names that
 * the reader may see. The stored text contains no names.
 */
export function createNameSlots({ store }: Persistence<'claims' | 'supervisors'>) {
  return async function nameSlots<Run extends WaitingRun>(
    run: Run,
    { principal, organizationId }: Reader,
  ): Promise<Run> {
    if (run.status !== 'pending' || run.waitKind !== 'slot' || run.isApp) return run;
    // A workspace key or a run token must not see other workspaces.
    if (principal.kind !== 'user' || principal.workspaceId !== null) return run;
    const [rows, slots] = await Promise.all([
      store.claims.countActiveFor(principal.userId),
      store.supervisors.countSlots(),
    ]);
    const parts = rows.map((row) => ({
      name: row.name,
      isOwnOrganization: row.organizationId === organizationId,
      count: row.count,
    }));
    return { ...run, waitReason: describeSlotsFor(slots.batch, parts) };
  };
}
