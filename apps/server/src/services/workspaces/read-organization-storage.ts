import type { OrganizationShare } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type {
  RetentionKind,
  RetentionLimit,
  RetentionLimits,
} from '../../domain/retention/retention-limits.ts';
import { createKeyedQueue } from '../../blobs/keyed-queue.ts';
import { retentionKinds } from '../../domain/retention/retention-limits.ts';

/** What is kept of a kind, and for how long; null is what only a look at the disk would tell. */
export interface OrganizationStorage {
  kind: RetentionKind;
  count: number | null;
  bytes: number | null;
  oldest: Date | null;
  /** Its size is that of all organizations of the server together. */
  limit: RetentionLimit;
}

export type ReadOrganizationStorage = ReturnType<typeof createReadOrganizationStorage>;

export function createReadOrganizationStorage({ store }: Persistence, limits: RetentionLimits) {
  // It adds up all runs of an organization: however often it is asked for, that goes on once at a time.
  const inTurn = createKeyedQueue();

  /** One for each kind of which the server removes what has passed its limits. */
  return async function readOrganizationStorage(organizationId: string): Promise<OrganizationStorage[]> {
    const shares = await inTurn(organizationId, () => store.organizationStorage.measure(organizationId));
    const known = new Map<RetentionKind, OrganizationShare>(shares.map((share) => [share.kind, share]));
    return retentionKinds.map((kind) => {
      const { count = null, bytes = null, oldest = null } = known.get(kind) ?? {};
      return { kind, count, bytes, oldest, limit: limits[kind] };
    });
  };
}
