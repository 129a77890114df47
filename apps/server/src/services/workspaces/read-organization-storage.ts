import type { OrganizationShare } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type {
  RetentionKind,
  RetentionLimit,
  RetentionLimits,
} from '../../domain/retention/retention-limits.ts';
import { createKeyedQueue } from '../../blobs/keyed-queue.ts';
import { retentionKinds } from '../../domain/retention/retention-limits.ts';

/** The stored amount of one kind, and its limits; null for values that only the disk could tell. */
export interface OrganizationStorage {
  kind: RetentionKind;
  count: number | null;
  bytes: number | null;
  oldest: Date | null;
  /** Its size limit applies to all organizations of the server together. */
  limit: RetentionLimit;
}

export type ReadOrganizationStorage = ReturnType<typeof createReadOrganizationStorage>;

export function createReadOrganizationStorage(
  { store }: Persistence<'organizationStorage'>,
  readLimits: () => RetentionLimits,
) {
  // Measuring sums up all runs of an organization, so each organization runs one measurement at a time.
  const inTurn = createKeyedQueue();

  /** Returns one entry for each kind with retention limits. */
  return async function readOrganizationStorage(organizationId: string): Promise<OrganizationStorage[]> {
    const shares = await inTurn(organizationId, () => store.organizationStorage.measure(organizationId));
    const known = new Map<RetentionKind, OrganizationShare>(shares.map((share) => [share.kind, share]));
    const limits = readLimits();
    return retentionKinds.map((kind) => {
      const { count = null, bytes = null, oldest = null } = known.get(kind) ?? {};
      return { kind, count, bytes, oldest, limit: limits[kind] };
    });
  };
}
