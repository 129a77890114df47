import type { Claim } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { identifyServer } from '../../domain/workers/supervisor-identity.ts';
import { createClaimRuns } from '../../supervisor/claim-runs.ts';
import { parseInstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import { planCapacity } from '../../domain/runs/capacity.ts';

const oneSlot = planCapacity(
  { maxActiveRuns: 1, maxActiveApps: 1, overcommit: { cpus: 1, memory: 1 }, appsShare: 0.5 },
  null,
);

/**
 * Claims one batch run like a server with a free slot. Undefined if none is claimable, or another server was
 * faster.
 */
export async function claimNext(
  store: Store,
  owner: string,
  leaseSeconds: number,
): Promise<Claim | undefined> {
  const claimRuns = createClaimRuns({
    store,
    identity: identifyServer(owner),
    isClaiming: () => true,
    leaseSeconds,
    instanceSizes: parseInstanceSizes(''),
    readCapacity: () => Promise.resolve(oneSlot),
    findObstacle: async () => null,
    unknownRunIds: new Set(),
  });
  const claims: Claim[] = [];
  await claimRuns.claimPending((claim) => claims.push(claim), new AbortController().signal);
  return claims[0];
}
